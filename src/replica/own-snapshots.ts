/**
 * Snapshots of this member's own state, which let go of the log that led to it (Raft, 7). The state
 * is encoded between two entries, while nothing is applied; then it is written beside everything
 * else; then, between two entries again, the core is told, and the log is cut off.
 *
 *     due ─▶ encode: in slices ─▶ write, fsync, publish ─▶ tell the core ─▶ cut off the log, but its tail
 *            nothing is applied   commands go on            between two Readys
 *
 * What always holds: the log is cut off only behind a snapshot that is whole and durable; a disk that
 * has no room for a snapshot costs the snapshot, and nothing else.
 */

import { assert } from "../base/assert.ts";
import { messageOf, SheafError } from "../base/error.ts";
import type { SnapshotMeta } from "../raft/log-entry.ts";
import type { Raft } from "../raft/raft.ts";
import type { StoredSnapshot } from "../raft/stored-snapshot.ts";
import { WorkSlice } from "./clock.ts";
import type { LogGrowth } from "./log-growth.ts";
import type { ReplicaParts, Settle, SnapshotStatus } from "./options.ts";
import type { SnapshotSource } from "./snapshot-source.ts";

/** A snapshot that is whole and durable, and who wanted one. */
interface Published {
  readonly stored: StoredSnapshot;
  readonly wanted: readonly Settle[];
}

/** Pieces that are smaller are written together. */
const WRITE_BYTES_MIN = 256 * 1024;

export class OwnSnapshots {
  readonly #parts: ReplicaParts;
  readonly #raft: Raft;
  readonly #growth: LogGrowth;
  readonly #source: SnapshotSource;
  /** Called when there is something for `settle`. */
  readonly #wake: () => void;
  #writing: Promise<void> | undefined;
  /** Published, and the core does not know. */
  #published: Published | undefined;
  /** Who wants a snapshot now, whether it is due or not. */
  #wanted: Settle[] = [];
  #isClosed = false;

  constructor(
    parts: ReplicaParts,
    about: {
      readonly raft: Raft;
      readonly growth: LogGrowth;
      readonly source: SnapshotSource;
      readonly wake: () => void;
    },
  ) {
    this.#parts = parts;
    this.#raft = about.raft;
    this.#growth = about.growth;
    this.#source = about.source;
    this.#wake = about.wake;
  }

  get status(): SnapshotStatus {
    const { meta, sizeBytes } = this.#parts.log.snapshot;
    return { index: meta.index, sizeBytes, isUnderWay: this.#writing !== undefined };
  }

  /** Whether `step` would do anything. */
  get isDue(): boolean {
    if (this.#published !== undefined) return true;
    return this.#writing === undefined && (this.#growth.isDue || this.#wanted.length > 0);
  }

  /** Resolves when there is a snapshot of all that is applied by now, and the log is cut off. */
  want(): Promise<void> {
    return new Promise((resolve, reject) => this.#wanted.push({ resolve, reject }));
  }

  /** Does what is due. To be called between two Readys. */
  async step(): Promise<void> {
    if (this.#published !== undefined) await this.#settle(this.#published);
    if (this.#isClosed || !this.isDue) return;
    // The core has done with a snapshot that came in one Ready before it is loaded.
    const { appliedIndex } = this.#raft.status();
    if (this.#growth.index !== appliedIndex) return;
    const wanted = this.#wanted;
    this.#wanted = [];
    const meta = this.#raft.snapshotMetaAt(appliedIndex);
    const isNew = meta !== undefined && meta.index > this.#parts.log.snapshot.meta.index;
    this.#growth.snapshotBegins();
    if (!isNew) {
      for (const { resolve } of wanted) resolve();
      return;
    }
    const pieces = await this.#encode();
    this.#writing = this.#write(meta, pieces, wanted).finally(() => {
      this.#writing = undefined;
      this.#wake();
    });
  }

  /** Gives up what is being written. */
  async close(error: unknown): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    for (const { reject } of [...this.#wanted, ...(this.#published?.wanted ?? [])]) reject(error);
    this.#wanted = [];
    this.#published = undefined;
  }

  async #encode(): Promise<Uint8Array[]> {
    const { machine, clock, limits } = this.#parts;
    const pieces: Uint8Array[] = [];
    const slice = new WorkSlice(clock, limits.sliceMs);
    for (const piece of machine.encode()) {
      pieces.push(piece);
      if (slice.isOver) await slice.rest();
    }
    assert(
      pieces.some(({ length }) => length > 0),
      "a state is never without a byte",
    );
    return pieces;
  }

  async #write(meta: SnapshotMeta, pieces: Uint8Array[], wanted: Settle[]): Promise<void> {
    try {
      const stored = await this.#store(meta, pieces);
      if (stored === undefined) throw new SheafError("CANCELLED", "The snapshot was given up.");
      this.#published = { stored, wanted };
    } catch (thrown) {
      for (const { reject } of wanted) reject(thrown);
      const code = thrown instanceof SheafError ? thrown.code : undefined;
      if (code === "NO_SPACE") {
        this.#parts.trouble(`No snapshot was made, and the log goes on: ${messageOf(thrown)}`);
      } else if (code !== "CANCELLED") this.#parts.fail(thrown);
    }
  }

  /** Writes pieces; undefined if that was given up. */
  async #store(meta: SnapshotMeta, pieces: Uint8Array[]): Promise<StoredSnapshot | undefined> {
    // One of another member's may have been installed meanwhile.
    if (meta.index <= this.#parts.log.snapshot.meta.index) return this.#parts.log.snapshot;
    const writer = await this.#parts.log.createSnapshot(meta);
    try {
      for (const bytes of joined(pieces)) {
        if (this.#isClosed) return undefined;
        await writer.write(bytes);
      }
      await this.#source.hold();
      return await writer.commit();
    } finally {
      await writer.discard();
    }
  }

  async #settle({ stored, wanted }: Published): Promise<void> {
    this.#published = undefined;
    const { index } = stored.meta;
    this.#growth.snapshotDone(stored.sizeBytes);
    this.#raft.snapshotSaved(stored);
    const inUse = this.#raft.snapshotsInUse();
    const cut = this.#growth.cutFor(index, inUse);
    this.#source.keepOnly(inUse);
    this.#raft.compact(cut);
    await this.#parts.log.compact(cut);
    for (const { resolve } of wanted) resolve();
  }
}

/** Pieces of a useful size, each of which is let go of when it is taken. */
function* joined(pieces: Uint8Array[]): Generator<Uint8Array> {
  pieces.reverse();
  while (pieces.length > 0) {
    const some: Uint8Array[] = [];
    for (let bytes = 0; bytes < WRITE_BYTES_MIN && pieces.length > 0; ) {
      const piece = pieces.pop()!;
      some.push(piece);
      bytes += piece.length;
    }
    yield some.length === 1 ? some[0]! : Buffer.concat(some);
  }
}
