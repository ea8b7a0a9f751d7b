/**
 * What a member must never forget: term and vote, the entries of its log, its snapshots. The shell
 * hands it what the consensus core wants durable, and may send what depends on that when `persist`
 * resolves.
 *
 * What always holds: what was acknowledged outlives any crash, and what was truncated never comes
 * back. After a call that failed nothing more is taken in, and the process must end: with `NO_SPACE`
 * where the disk is full, else with `DATA_FAILED` (storage-life.ts says why). A snapshot of this
 * member's own alone may find no room and leave the rest as it was.
 *
 * See open-log.ts for how one comes to a log, and file-names.ts for what is in its folder.
 */

import { assert } from "../base/assert.ts";
import { type LogIndex, logIndex } from "../base/ids.ts";
import type { HardState, LogEntry, SnapshotMeta } from "../raft/log-entry.ts";
import type { RestoredState } from "../raft/options.ts";
import { isSameSnapshot, type StoredSnapshot } from "../raft/stored-snapshot.ts";
import { CommitQueue } from "./segments/commit-queue.ts";
import {
  committerOf,
  type LogParts,
  type LogStanding,
  LogWriter,
  type PersistRequest,
} from "./segments/log-writer.ts";
import type { SnapshotReader } from "./snapshots/snapshot-reader.ts";
import type { SnapshotWriter } from "./snapshots/snapshot-writer.ts";
import type { StorageLife } from "./storage-life.ts";

export class DurableLog {
  readonly #parts: LogParts;
  readonly #life: StorageLife;
  readonly #writer: LogWriter;
  readonly #queue: CommitQueue<PersistRequest>;
  /** Behind the snapshot, as they were when the log was opened; until somebody takes them. */
  #restored: readonly LogEntry[] | undefined;
  #isClosed = false;

  constructor(
    parts: LogParts,
    life: StorageLife,
    restored: readonly LogEntry[],
    standing: LogStanding,
  ) {
    this.#parts = parts;
    this.#life = life;
    this.#restored = restored;
    this.#writer = new LogWriter(parts, standing);
    const commit = (batch: readonly PersistRequest[]): Promise<void> =>
      life.attempt("append to the log", () => this.#writer.commit(batch));
    this.#queue = new CommitQueue(committerOf(commit), parts.limits, parts.disk.path);
  }

  /** As it is durable; the commit index may lag. */
  get hardState(): HardState {
    const { vote, mark } = this.#parts.state;
    return { ...vote, commitIndex: mark.commitIndex };
  }

  /** The youngest snapshot that is whole; of index 0, with the first members, where there is none. */
  get snapshot(): StoredSnapshot {
    return this.#parts.snapshots.newest;
  }

  /** The member has lost what it had acknowledged, and must not vote until `recovered`. */
  get isRecovering(): boolean {
    return this.#writer.isRecovering;
  }

  /** The last entry that was written, or that of the snapshot. */
  get lastIndex(): LogIndex {
    return logIndex(this.#writer.lastIndex);
  }

  /** What the consensus core starts with. To be called once, and before anything changes. */
  restore(): RestoredState {
    const entries = this.#restored;
    assert(entries !== undefined, "a log is restored once, before anything else");
    this.#restored = undefined;
    const { incoming } = this.#parts.snapshots;
    const { hardState, snapshot } = this;
    return { hardState, snapshot: snapshot.meta, entries, ...(incoming && { incoming }) };
  }

  /**
   * Makes all of a request durable, in the order that ready.ts gives. Requests are done in the order of
   * the calls, many with one fsync. `isSnapshotDamaged`: its last chunk made a file that does not
   * match its checksum, which is gone.
   *
   * @throws SheafError `NO_SPACE`, `DATA_FAILED`, and `LIMIT_REACHED` where too many wait.
   */
  async persist(request: PersistRequest): Promise<{ readonly isSnapshotDamaged: boolean }> {
    this.#life.check();
    this.#restored = undefined;
    await this.#queue.push(request);
    const last = request.chunks?.at(-1);
    if (last?.isLast !== true || request.snapshot !== undefined) {
      return { isSnapshotDamaged: false };
    }
    const { incoming } = this.#parts.snapshots;
    const isThere = incoming !== undefined && isSameSnapshot(incoming.snapshot, last.snapshot);
    return { isSnapshotDamaged: !isThere };
  }

  /** Removes what of the log a snapshot stands for, up to `index`, as far as whole segments go. */
  compact(index: LogIndex): Promise<void> {
    return this.#life.attempt("compact the log", () => this.#writer.compact(index));
  }

  /**
   * Begins a snapshot of this member's own, of entries that are durable.
   *
   * @throws SheafError `NO_SPACE`, which leaves all else as it was; `DATA_FAILED`.
   */
  createSnapshot(meta: SnapshotMeta): Promise<SnapshotWriter> {
    assert(meta.index <= this.lastIndex, "a snapshot stands for entries that are there");
    return this.#parts.snapshots.create(meta);
  }

  /** Opens the youngest snapshot, if it is that of `index`. */
  openSnapshot(index: LogIndex): Promise<SnapshotReader | undefined> {
    return this.#parts.snapshots.open(index);
  }

  /** Waits for what was asked for, and closes the files. The folder's lock is its owner's. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#queue.drained();
    const { state, snapshots } = this.#parts;
    try {
      await this.#life.attempt("close the log", () => this.#writer.close());
    } finally {
      this.#life.close();
      await Promise.allSettled([this.#writer.close(), state.close(), snapshots.close()]);
    }
  }
}
