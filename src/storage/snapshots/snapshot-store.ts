/**
 * The snapshots in the folder: the youngest that is whole, one that is being received, and one that is
 * being written. An older one goes when a younger is published.
 */

import { assert } from "../../base/assert.ts";
import { systemCodeOf } from "../../base/error.ts";
import type { LogIndex } from "../../base/ids.ts";
import type { SnapshotMeta } from "../../raft/log-entry.ts";
import type { ChunkWrite } from "../../raft/ready.ts";
import { isSameSnapshot, type StoredSnapshot } from "../../raft/stored-snapshot.ts";
import { type Disk, removeFiles } from "../disk/disk.ts";
import { snapshotName } from "../file-names.ts";
import type { StorageLife } from "../storage-life.ts";
import { SnapshotFile } from "./snapshot-file.ts";
import { SnapshotReader } from "./snapshot-reader.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";

/** A transfer from another member. */
export interface IncomingSnapshot {
  readonly snapshot: StoredSnapshot;
  readonly file: SnapshotFile;
}

export class SnapshotStore {
  readonly #disk: Disk;
  readonly #tag: number;
  readonly #life: StorageLife;
  #newest: StoredSnapshot;
  #incoming: IncomingSnapshot | undefined;
  #writing: SnapshotFile | undefined;
  #lastPublished: Promise<unknown> = Promise.resolve();

  constructor(
    at: { readonly disk: Disk; readonly tag: number; readonly life: StorageLife },
    newest: StoredSnapshot,
    incoming: IncomingSnapshot | undefined,
  ) {
    this.#disk = at.disk;
    this.#tag = at.tag;
    this.#life = at.life;
    this.#newest = newest;
    this.#incoming = incoming;
  }

  /** A log always has one, be it of its beginning. */
  get newest(): StoredSnapshot {
    return this.#newest;
  }

  get incoming():
    | { readonly snapshot: StoredSnapshot; readonly receivedBytes: number }
    | undefined {
    const incoming = this.#incoming;
    if (incoming === undefined) return undefined;
    return { snapshot: incoming.snapshot, receivedBytes: incoming.file.received.sizeBytes };
  }

  async create(meta: SnapshotMeta): Promise<SnapshotWriter> {
    assert(this.#writing === undefined, "one snapshot is written at a time");
    assert(meta.index > this.#newest.meta.index, `there is no snapshot of entry ${meta.index} yet`);
    const file = await this.#life.attemptApart("begin a snapshot", () =>
      SnapshotFile.create(this.#disk, this.#tag, meta),
    );
    this.#writing = file;
    return new SnapshotWriter(file, this.#life, {
      publish: () => this.#publish(file),
      onEnd: () => {
        this.#writing = undefined;
      },
    });
  }

  /**
   * Takes in chunks of another member's snapshot, and makes them durable. A file that is whole and
   * does not match its checksum is removed: all of it must come again.
   */
  async receive(chunks: readonly ChunkWrite[]): Promise<void> {
    for (const chunk of chunks) {
      if (chunk.offset === 0) await this.#begin(chunk.snapshot);
      await this.#ongoing(chunk).add(chunk.data);
    }
    const { file, snapshot } = this.#incoming!;
    await file.note(snapshot);
    if (!chunks.at(-1)!.isLast || isSameSnapshot(file.stored, snapshot)) return;
    this.#incoming = undefined;
    await file.remove();
  }

  /** Makes the received snapshot the youngest. */
  async install(snapshot: StoredSnapshot): Promise<void> {
    const { file } = this.#incoming ?? {};
    assert(file !== undefined && isSameSnapshot(file.stored, snapshot), "it was received whole");
    this.#incoming = undefined;
    const newest = await this.#publish(file);
    assert(isSameSnapshot(newest, snapshot), "a snapshot of what is committed is the youngest");
  }

  /** Opens the youngest snapshot, if it is that of an index. */
  async open(index: LogIndex): Promise<SnapshotReader | undefined> {
    const newest = this.#newest;
    if (newest.meta.index !== index) return undefined;
    const name = snapshotName("snapshot", newest.meta);
    return this.#life.attempt("open a snapshot", async () => {
      try {
        const file = await this.#disk.open(name, "read");
        return new SnapshotReader(newest, file, this.#life);
      } catch (error) {
        const isReplaced = systemCodeOf(error) === "ENOENT" && this.#newest !== newest;
        if (!isReplaced) throw error;
        return undefined;
      }
    });
  }

  async close(): Promise<void> {
    await this.#incoming?.file.close();
    await this.#writing?.close();
  }

  async #begin(snapshot: StoredSnapshot): Promise<void> {
    const former = this.#incoming;
    this.#incoming = undefined;
    await former?.file.remove();
    const file = await SnapshotFile.receive(this.#disk, this.#tag, snapshot);
    await file.note(snapshot);
    await this.#disk.syncFolder();
    this.#incoming = { snapshot, file };
  }

  #ongoing({ snapshot, offset }: ChunkWrite): SnapshotFile {
    const incoming = this.#incoming;
    assert(
      incoming !== undefined &&
        isSameSnapshot(incoming.snapshot, snapshot) &&
        incoming.file.received.sizeBytes === offset,
      "a chunk follows what is there of its snapshot",
    );
    return incoming.file;
  }

  /** One at a time: each must know what the one before has left. */
  #publish(file: SnapshotFile): Promise<StoredSnapshot> {
    const published = this.#lastPublished.then(() => this.#publishNext(file));
    this.#lastPublished = published.catch(() => {});
    return published;
  }

  async #publishNext(file: SnapshotFile): Promise<StoredSnapshot> {
    // One of this member's own may be overtaken by one that was received.
    if (this.#newest.meta.index >= file.meta.index) {
      await file.remove();
      return this.#newest;
    }
    await file.publish();
    const former = this.#newest;
    this.#newest = file.stored;
    await removeFiles(this.#disk, [snapshotName("snapshot", former.meta)]);
    return this.#newest;
  }
}
