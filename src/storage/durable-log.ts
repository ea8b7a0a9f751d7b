/**
 * What a member must never forget: term and vote, the entries of its log, its snapshots. The shell
 * hands it what the consensus core wants durable, and may send what depends on that when `persist`
 * resolves.
 *
 * What always holds: what was acknowledged outlives any crash, and what was truncated never comes
 * back. A call that found no room (`NO_SPACE`) has changed nothing that was acknowledged, and may be
 * made again; a crash before the log has changed again may bring a part of it back. Any other failure
 * of the disk is the end (`DATA_FAILED`): after an fsync that failed the kernel may call pages clean that never
 * reached the disk, so a second fsync that works says nothing, and only a process that starts anew,
 * and writes again what may be missing, knows what it has ("Can Applications Recover from fsync
 * Failures?", ATC'20).
 *
 * See open-log.ts for how one comes to a log, and file-names.ts for what is in its folder.
 */

import { assert } from "../base/assert.ts";
import { SheafError } from "../base/error.ts";
import { type LogIndex, logIndex, type Term, term } from "../base/ids.ts";
import type { HardState, LogEntry, SnapshotMeta } from "../raft/log-entry.ts";
import type { RestoredState } from "../raft/options.ts";
import { isSameSnapshot, type StoredSnapshot } from "../raft/stored-snapshot.ts";
import { identityTag } from "./identity.ts";
import { RECORD_PAYLOAD_BYTES_MAX } from "./limits.ts";
import { type PersistRequest, requestBytes } from "./persist-request.ts";
import { CommitQueue } from "./segments/commit-queue.ts";
import { type EntryRange, readEntries } from "./segments/entry-reader.ts";
import { type LogParts, type LogStanding, LogWriter } from "./segments/log-writer.ts";
import type { SnapshotReader } from "./snapshots/snapshot-reader.ts";
import type { SnapshotWriter } from "./snapshots/snapshot-writer.ts";
import type { StorageLife } from "./storage-life.ts";

/** What the requests that were taken in will have made of the log. */
interface Accepted {
  lastIndex: number;
  hardState: Pick<HardState, "term" | "votedFor">;
}

export class DurableLog {
  readonly #parts: LogParts;
  readonly #writer: LogWriter;
  readonly #queue: CommitQueue<PersistRequest>;
  readonly #life: StorageLife;
  #accepted: Accepted;
  /** Why the last requests were refused, until others are durable. */
  #refusal: unknown;
  #isClosed = false;

  constructor(parts: LogParts, standing: LogStanding, life: StorageLife) {
    this.#parts = parts;
    this.#writer = new LogWriter(parts, standing);
    this.#life = life;
    this.#accepted = this.#durable;
    const { disk, limits } = parts;
    const committer = {
      commit: async (batch: readonly PersistRequest[]) => {
        await life.attempt("append to the log", () => this.#writer.commit(batch));
        this.#refusal = undefined;
      },
      bytesOf: requestBytes,
      isBarrier: ({ snapshot, chunks = [] }: PersistRequest) =>
        snapshot !== undefined || chunks.length > 0,
      rolledBack: (error: unknown) => {
        this.#accepted = this.#durable;
        this.#refusal = error;
      },
    };
    this.#queue = new CommitQueue(committer, limits, disk.path);
  }

  /** As it is durable; the commit index is at least the snapshot's, and may lag. */
  get hardState(): HardState {
    const { mark, snapshots } = this.#parts;
    const commitIndex = Math.max(mark.current.commitIndex, snapshots.newest.meta.index);
    return { ...this.#writer.hardState, commitIndex: logIndex(commitIndex) };
  }

  /** The youngest snapshot that is whole; of index 0, with the first members, where there is none. */
  get snapshot(): StoredSnapshot {
    return this.#parts.snapshots.newest;
  }

  /** Another member's snapshot that is being received, and how much of it is durable here. */
  get incoming():
    | { readonly snapshot: StoredSnapshot; readonly receivedBytes: number }
    | undefined {
    return this.#parts.snapshots.incoming;
  }

  /** The member has lost what it had acknowledged, and must not vote until `recovered`. */
  get isRecovering(): boolean {
    return this.#writer.isRecovering;
  }

  /** The first entry that is there. */
  get firstIndex(): LogIndex {
    return logIndex(this.#parts.live.firstIndex);
  }

  /** The last durable entry; one less than `firstIndex` where there are none. */
  get lastIndex(): LogIndex {
    return logIndex(this.#parts.live.lastIndex);
  }

  /** The term of a durable entry, or of the one before the first; `undefined` for any other. */
  termAt(index: LogIndex): Term | undefined {
    const found = this.#parts.live.termAt(index);
    return found === undefined ? undefined : term(found);
  }

  /**
   * Makes all of a request durable. Requests are done in the order of the calls, many with one fsync.
   * `isSnapshotDamaged`: its last chunk made a file that does not match its checksum, which is gone.
   *
   * @throws SheafError `NO_SPACE`, `DATA_FAILED`, `DATA_BUSY`, `RECORD_TOO_LARGE`.
   */
  async persist(request: PersistRequest): Promise<{ readonly isSnapshotDamaged: boolean }> {
    this.#life.check();
    this.#queue.checkRoom(request);
    this.#accept(request);
    await this.#queue.push(request);
    const last = request.chunks?.at(-1);
    if (last?.isLast !== true) return { isSnapshotDamaged: false };
    const { incoming } = this;
    const isThere = incoming !== undefined && isSameSnapshot(incoming.snapshot, last.snapshot);
    return { isSnapshotDamaged: !isThere };
  }

  /** What the consensus core starts with. */
  async restore(): Promise<RestoredState> {
    const { hardState, snapshot, incoming } = this;
    const after = Math.max(snapshot.meta.index, this.firstIndex - 1);
    const isEmpty = after >= this.lastIndex;
    const entries = isEmpty
      ? []
      : await this.entries(logIndex(after + 1), this.lastIndex, Number.MAX_SAFE_INTEGER);
    return { hardState, snapshot: snapshot.meta, entries, ...(incoming && { incoming }) };
  }

  /**
   * Durable entries `[from, to]`, as many as have `bytesMax` bytes of data together, and one in any
   * case. Their data is yours to keep.
   *
   * @throws SheafError `DATA_CORRUPT` where a disk has lost them since the log was opened.
   */
  entries(from: LogIndex, to: LogIndex, bytesMax: number): Promise<readonly LogEntry[]> {
    const { disk, identity, live } = this.#parts;
    const range: EntryRange = { from, to, bytesMax };
    assert(from >= live.firstIndex && to <= live.lastIndex, `entries ${from} to ${to} are there`);
    return this.#life.attempt("read the log", () =>
      readEntries(disk, identityTag(identity), live, range),
    );
  }

  /** Forgets entries up to `index`, which a snapshot must hold. */
  compact(index: LogIndex): Promise<void> {
    return this.#life.attempt("compact the log", () => this.#writer.compact(index));
  }

  /** Begins a snapshot of this member's own. */
  createSnapshot(meta: SnapshotMeta): Promise<SnapshotWriter> {
    assert(this.termAt(meta.index) === meta.term, "a snapshot stands for a durable entry");
    return this.#parts.snapshots.create(meta);
  }

  /** Opens the snapshot of an index, if it is there and whole. */
  openSnapshot(index: LogIndex): Promise<SnapshotReader | undefined> {
    this.#life.check();
    return this.#parts.snapshots.open(index);
  }

  /** Makes the mark durable (see mark-file.ts): for an owner that has nothing else to do. */
  settle(): Promise<void> {
    return this.#life.attempt("write the mark", () => this.#parts.mark.sync());
  }

  /** Waits for what was asked for, and closes the files. The folder's lock is its owner's. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#queue.drained();
    const { mark, snapshots, vote } = this.#parts;
    try {
      if (this.#life.hasEnded) return;
      await this.#life.attempt("close the log", async () => {
        await this.#writer.close();
        await mark.sync();
      });
    } finally {
      this.#life.close();
      await Promise.allSettled([
        this.#writer.close(),
        mark.close(),
        vote.close(),
        snapshots.close(),
      ]);
    }
  }

  get #durable(): Accepted {
    return { lastIndex: this.#parts.live.lastIndex, hardState: this.#writer.hardState };
  }

  /** Checks a request against what will be there when its turn comes, and takes it in. */
  #accept({ hardState, snapshot, truncateFrom, entries = [] }: PersistRequest): void {
    let { lastIndex } = this.#accepted;
    if (snapshot !== undefined) lastIndex = snapshot.meta.index;
    if (truncateFrom !== undefined) lastIndex = Math.min(lastIndex, truncateFrom - 1);
    const vote = hardState ?? this.#accepted.hardState;
    const first = entries[0]?.index ?? lastIndex + 1;
    const highest = Math.max(snapshot?.meta.term ?? 0, entries.at(-1)?.term ?? 0);
    // Whoever has not heard yet that a request was refused may ask for what counts on it.
    if (this.#refusal !== undefined && (first > lastIndex + 1 || highest > vote.term)) {
      throw this.#refusal;
    }
    assert(highest <= vote.term, `term ${highest} is not behind that of the vote, ${vote.term}`);
    for (const { index, data } of entries) {
      assert(index === lastIndex + 1, `entry ${index} follows entry ${lastIndex}`);
      if (data.length > RECORD_PAYLOAD_BYTES_MAX) throw tooLarge(index, data.length);
      lastIndex = index;
    }
    if (hardState !== undefined) checkVote(this.#accepted.hardState, hardState);
    this.#accepted = { lastIndex, hardState: vote };
  }
}

/** A term never falls, and a vote is given once in a term (Raft, 5.1 and 5.2). */
function checkVote(before: Accepted["hardState"], after: HardState): void {
  assert(after.term >= before.term, `the term rises from ${before.term}, not to ${after.term}`);
  const isKept = after.term > before.term || before.votedFor === undefined;
  assert(isKept || after.votedFor === before.votedFor, `the vote of term ${after.term} is given`);
}

function tooLarge(index: number, bytes: number): SheafError {
  return new SheafError(
    "RECORD_TOO_LARGE",
    `Cannot append entry ${index}: it has ${bytes} bytes, and the log takes entries of up to ` +
      `${RECORD_PAYLOAD_BYTES_MAX}. Send it in parts.`,
    { data: { index, bytes, bytesMax: RECORD_PAYLOAD_BYTES_MAX } },
  );
}
