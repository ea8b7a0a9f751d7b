/**
 * The snapshots in the folder: those that are whole, one that is being received, and those that are
 * being written. Each is published by one rename, after all of it is durable.
 */

import { assert } from "../../base/assert.ts";
import type { LogIndex } from "../../base/ids.ts";
import type { SnapshotMeta } from "../../raft/log-entry.ts";
import type { ChunkWrite } from "../../raft/ready.ts";
import { isSameSnapshot, type StoredSnapshot } from "../../raft/stored-snapshot.ts";
import type { Disk } from "../disk/disk.ts";
import { type Identity, identityTag } from "../identity.ts";
import type { StorageLimits } from "../limits.ts";
import { metaOf } from "../record/file-header.ts";
import { SnapshotFile } from "./snapshot-file.ts";
import { SnapshotReader, type SnapshotSource } from "./snapshot-reader.ts";
import { type SnapshotScan, snapshotPlace } from "./snapshot-scan.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";

/** A transfer from another member. */
export interface IncomingSnapshot {
  readonly snapshot: StoredSnapshot;
  readonly file: SnapshotFile;
}

/** Runs a call of the disk, words its error, and ends the storage's life if it must. */
export type Attempt = <T>(action: string, call: () => Promise<T>) => Promise<T>;

/** Where the store works. */
export interface SnapshotPlace {
  readonly disk: Disk;
  readonly identity: Identity;
  readonly limits: StorageLimits;
  readonly attempt: Attempt;
}

export class SnapshotStore {
  readonly #at: SnapshotPlace;
  readonly #tag: number;
  /** From the oldest to the youngest. */
  #whole: SnapshotSource[];
  #incoming: IncomingSnapshot | undefined;
  #writing: SnapshotFile | undefined;
  readonly #readers = new Map<string, number>();

  constructor(
    at: SnapshotPlace,
    whole: readonly SnapshotScan[],
    incoming: IncomingSnapshot | undefined,
  ) {
    this.#at = at;
    this.#tag = identityTag(at.identity);
    this.#incoming = incoming;
    this.#whole = whole.flatMap(({ whole: snapshot, name, chunks }) =>
      snapshot === undefined ? [] : [this.#source(name, snapshot, chunks)],
    );
    this.#sort();
  }

  /** Goes on with a transfer that was under way, all that is there of it being durable. */
  static async resume(
    disk: Disk,
    identity: Identity,
    scan: SnapshotScan,
  ): Promise<IncomingSnapshot | undefined> {
    if (scan.header?.expected === undefined) return undefined;
    const snapshot = { meta: metaOf(scan.header), ...scan.header.expected };
    return { snapshot, file: await SnapshotFile.reopen(disk, identity, scan, snapshot.meta) };
  }

  /** The youngest; a log always has one, be it of its beginning. */
  get newest(): StoredSnapshot {
    return this.#whole.at(-1)!.snapshot;
  }

  get incoming():
    | { readonly snapshot: StoredSnapshot; readonly receivedBytes: number }
    | undefined {
    const incoming = this.#incoming;
    return incoming && { snapshot: incoming.snapshot, receivedBytes: incoming.file.sizeBytes };
  }

  async create(meta: SnapshotMeta): Promise<SnapshotWriter> {
    assert(this.#writing === undefined, "one snapshot is written at a time");
    const { disk, identity, limits, attempt } = this.#at;
    const file = await attempt("begin a snapshot", () =>
      SnapshotFile.create(disk, identity, "writing", meta),
    );
    this.#writing = file;
    return new SnapshotWriter(file, limits.snapshotChunkBytes, {
      add: (_file, bytes) => attempt("write a snapshot", () => file.add(bytes)),
      publish: async () => {
        await attempt("publish a snapshot", () => this.#publish(file));
        this.#writing = undefined;
      },
      remove: async () => {
        await attempt("remove a snapshot", () => this.#remove(file));
        this.#writing = undefined;
      },
    });
  }

  /** Makes the received snapshot the youngest. Where it is that already, nothing is done. */
  async install(snapshot: StoredSnapshot): Promise<void> {
    if (this.#whole.some((source) => isSameSnapshot(source.snapshot, snapshot))) return;
    const incoming = this.#incoming;
    assert(
      incoming !== undefined &&
        isSameSnapshot(incoming.snapshot, snapshot) &&
        isSameSnapshot(incoming.file.stored, snapshot),
      "a snapshot is installed when it was received whole",
    );
    await this.#publish(incoming.file);
    this.#incoming = undefined;
  }

  /** Opens a whole snapshot; `undefined` if there is none of that index. */
  async open(index: LogIndex): Promise<SnapshotReader | undefined> {
    const source = this.#whole.findLast(({ snapshot }) => snapshot.meta.index === index);
    if (source === undefined) return undefined;
    const { disk, attempt } = this.#at;
    const { name } = source;
    this.#countReader(name, 1);
    try {
      const file = await attempt("open a snapshot", () => disk.open(name, "read"));
      return new SnapshotReader(source, file, disk.path, async () => {
        this.#countReader(name, -1);
        await attempt("remove an old snapshot", () => this.#prune());
      });
    } catch (error) {
      this.#countReader(name, -1);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#incoming?.file.close();
    await this.#writing?.close();
  }

  /**
   * Takes in chunks of another member's snapshot; resolves when they are durable. A file that is
   * whole and does not match its checksum is removed: all of it must come again.
   */
  async receive(chunks: readonly ChunkWrite[]): Promise<void> {
    for (const chunk of chunks) {
      const { file } =
        chunk.offset === 0 ? await this.#begin(chunk.snapshot) : this.#ongoing(chunk);
      // Where a call found no room, a part of its chunks may be there when they come again.
      const fresh = chunk.data.subarray(file.sizeBytes - chunk.offset);
      if (fresh.length > 0) await file.add(fresh);
    }
    const { file, snapshot } = this.#incoming!;
    await file.sync();
    // The name of a file that has just been made; to sync it each time costs less than to know.
    if (chunks.some(({ offset }) => offset === 0)) await this.#at.disk.syncFolder();
    if (!chunks.at(-1)!.isLast || isSameSnapshot(file.stored, snapshot)) return;
    this.#incoming = undefined;
    await this.#remove(file);
  }

  async #begin(snapshot: StoredSnapshot): Promise<IncomingSnapshot> {
    const { disk, identity } = this.#at;
    const { meta, sizeBytes, checksum } = snapshot;
    if (this.#incoming !== undefined) {
      const { file } = this.#incoming;
      this.#incoming = undefined;
      await this.#remove(file);
    }
    const expected = { sizeBytes, checksum };
    const file = await SnapshotFile.create(disk, identity, "incoming", meta, expected);
    this.#incoming = { snapshot, file };
    return this.#incoming;
  }

  #ongoing({ snapshot, offset }: ChunkWrite): IncomingSnapshot {
    const incoming = this.#incoming;
    assert(
      incoming !== undefined &&
        isSameSnapshot(incoming.snapshot, snapshot) &&
        incoming.file.sizeBytes >= offset,
      "a chunk follows what is there of its snapshot",
    );
    return incoming;
  }

  async #publish(file: SnapshotFile): Promise<void> {
    const name = await file.publish(this.#at.disk);
    this.#whole = this.#whole.filter((source) => source.name !== name);
    this.#whole.push(this.#source(name, file.stored, file.chunks));
    this.#sort();
    await this.#prune();
  }

  async #remove(file: SnapshotFile): Promise<void> {
    await file.close();
    await this.#at.disk.unlink(file.name);
    await this.#at.disk.syncFolder();
  }

  /** Removes all but the youngest, unless somebody is reading them. */
  async #prune(): Promise<void> {
    const { disk, limits } = this.#at;
    const isOld = ({ name }: SnapshotSource, i: number): boolean =>
      i < this.#whole.length - limits.snapshotsKept && (this.#readers.get(name) ?? 0) === 0;
    const old = this.#whole.filter(isOld);
    if (old.length === 0) return;
    this.#whole = this.#whole.filter((source) => !old.includes(source));
    for (const { name } of old) await disk.unlink(name);
    await disk.syncFolder();
  }

  #countReader(name: string, change: 1 | -1): void {
    this.#readers.set(name, (this.#readers.get(name) ?? 0) + change);
  }

  #sort(): void {
    this.#whole.sort((a, b) => a.snapshot.meta.index - b.snapshot.meta.index);
  }

  #source(
    name: string,
    snapshot: StoredSnapshot,
    chunks: SnapshotSource["chunks"],
  ): SnapshotSource {
    return { name, snapshot, chunks, place: snapshotPlace(snapshot.meta, this.#tag) };
  }
}
