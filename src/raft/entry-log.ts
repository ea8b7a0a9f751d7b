/**
 * The log as the core holds it: in memory, from the last compaction on, with what it knows of the
 * disk. New entries are handed out in batches (`takeBatch`), and are durable when the shell says so
 * (`batchDurable`); between the two the log may have changed again.
 *
 * What always holds: entries follow each other without gaps from `baseIndex + 1`, terms never fall,
 * committed entries are never truncated (Raft, 5.3: a leader never overwrites, and 5.4.3: no other
 * leader has anything else there), and nothing is compacted that is not durable.
 */

import { assert } from "../base/assert.ts";
import { type LogIndex, logIndex, type Term } from "../base/ids.ts";
import { minIndex } from "./index-order.ts";
import { ENTRY_OVERHEAD_BYTES } from "./limits.ts";
import { type LogEntry, NO_INDEX, NO_TERM, type SnapshotMeta } from "./log-entry.ts";
import type { StoredSnapshot } from "./stored-snapshot.ts";

/** What an entry counts against any bound in bytes. */
export function entryBytes(entry: LogEntry): number {
  return entry.data.length + ENTRY_OVERHEAD_BYTES;
}

/** What one batch asks of the disk, in this order. */
export interface LogBatch {
  readonly snapshot: StoredSnapshot | undefined;
  readonly truncateFrom: LogIndex | undefined;
  readonly entries: readonly LogEntry[];
}

export class EntryLog {
  /** The entry before the first: compacted, or part of a snapshot. Its term is still known. */
  #baseIndex: LogIndex;
  #baseTerm: Term;
  #entries: LogEntry[];
  /** The disk holds exactly our entries up to here. */
  #durableIndex: LogIndex;
  /** Entries up to here were handed out. Invariant: `#durableIndex <= #handedIndex <= lastIndex`. */
  #handedIndex: LogIndex;
  /** The disk holds entries up to here at the most, ours or truncated ones. */
  #diskLastIndex: LogIndex;
  /** A snapshot that took the place of the log and has not been handed out. */
  #arrived: StoredSnapshot | undefined;

  constructor(base: SnapshotMeta, entries: readonly LogEntry[]) {
    this.#baseIndex = base.index;
    this.#baseTerm = base.term;
    this.#entries = [];
    this.append(entries.filter((entry) => entry.index > base.index));
    this.#durableIndex = this.lastIndex;
    this.#handedIndex = this.lastIndex;
    this.#diskLastIndex = this.lastIndex;
  }

  get baseIndex(): LogIndex {
    return this.#baseIndex;
  }

  get lastIndex(): LogIndex {
    return logIndex(this.#baseIndex + this.#entries.length);
  }

  get lastTerm(): Term {
    return this.#entries.at(-1)?.term ?? this.#baseTerm;
  }

  get durableIndex(): LogIndex {
    return this.#durableIndex;
  }

  /** The term of an entry; `undefined` if it was compacted or is not there yet. */
  termAt(index: LogIndex): Term | undefined {
    if (index === this.#baseIndex) return this.#baseTerm;
    return this.#entryAt(index)?.term;
  }

  /** Whether the log holds this entry. By log matching (5.3) it is then the same up to it. */
  matches(index: LogIndex, term: Term): boolean {
    return this.termAt(index) === term;
  }

  /** Entries `[from, to]`, as many as fit, and one in any case. */
  entriesFrom(from: LogIndex, to: LogIndex, bytesMax: number): readonly LogEntry[] {
    assert(from > this.#baseIndex, `entry ${from} is not compacted`);
    const start = from - this.#baseIndex - 1;
    const end = Math.min(to - this.#baseIndex, this.#entries.length);
    let bytes = 0;
    for (let i = start; i < end; i++) {
      bytes += entryBytes(this.#entries[i]!);
      if (bytes > bytesMax && i > start) return this.#entries.slice(start, i);
    }
    return this.#entries.slice(start, end);
  }

  /** The bytes of entries `[from, to]`. */
  bytesBetween(from: LogIndex, to: LogIndex): number {
    let bytes = 0;
    for (let index = from; index <= to; index++) bytes += entryBytes(this.#entryAt(index)!);
    return bytes;
  }

  /**
   * The last entry at or before `index` whose term is at most `term`: where this log may still agree
   * with one that has `term` at `index` (Raft, end of 5.3). Below the base nothing is known, so the
   * search ends there.
   */
  lastIndexWithTermAtMost(term: Term, index: LogIndex): LogIndex {
    if (index <= this.#baseIndex) return index;
    let low = 0;
    let high = Math.min(index - this.#baseIndex, this.#entries.length);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.term <= term) low = middle + 1;
      else high = middle;
    }
    return logIndex(this.#baseIndex + low);
  }

  /** Adds entries after the last one. */
  append(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      assert(entry.index === this.lastIndex + 1, `entry ${entry.index} follows ${this.lastIndex}`);
      assert(entry.term >= this.lastTerm, `terms do not fall at index ${entry.index}`);
      this.#entries.push(entry);
    }
  }

  /** Drops the entries at and after `index` (Raft, figure 2, AppendEntries, rule 3). */
  truncateFrom(index: LogIndex, commitIndex: LogIndex): void {
    assert(index > commitIndex, `entry ${index} is not committed, so that it may be truncated`);
    const last = logIndex(index - 1);
    this.#entries.length = last - this.#baseIndex;
    // The batch that is being written may hold what was just dropped, so its end falls too: the
    // same entries may come back, and must then be written again.
    this.#handedIndex = minIndex(this.#handedIndex, last);
    this.#durableIndex = minIndex(this.#durableIndex, last);
  }

  /** Drops the entries up to `index`, which a durable snapshot stands for (Raft, 7). */
  compactTo(index: LogIndex): void {
    if (index <= this.#baseIndex) return;
    assert(index <= this.#durableIndex, `entry ${index} is durable, so that it may be compacted`);
    const term = this.termAt(index)!;
    this.#entries = this.#entries.slice(index - this.#baseIndex);
    this.#baseIndex = index;
    this.#baseTerm = term;
  }

  /** Replaces the whole log by a snapshot that does not agree with it (Raft, figure 13, rule 7). */
  restore(snapshot: StoredSnapshot, commitIndex: LogIndex): void {
    assert(snapshot.meta.index > commitIndex, "a snapshot never takes the log back");
    this.#baseIndex = snapshot.meta.index;
    this.#baseTerm = snapshot.meta.term;
    this.#entries = [];
    this.#durableIndex = minIndex(this.#durableIndex, commitIndex);
    this.#handedIndex = this.#baseIndex;
    this.#arrived = snapshot;
  }

  /** Whether there is anything to write. */
  get hasBatch(): boolean {
    return this.#arrived !== undefined || this.#handedIndex < this.lastIndex;
  }

  /** What the disk does not have yet. */
  takeBatch(): LogBatch {
    const snapshot = this.#arrived;
    const first = logIndex(this.#handedIndex + 1);
    const entries = this.#entries.slice(this.#handedIndex - this.#baseIndex);
    const overwrites = snapshot === undefined && this.#diskLastIndex >= first;
    this.#arrived = undefined;
    this.#handedIndex = this.lastIndex;
    this.#diskLastIndex = this.lastIndex;
    return { snapshot, truncateFrom: overwrites ? first : undefined, entries };
  }

  /** The last batch taken is durable, but for what has been truncated since. */
  batchDurable(): void {
    // A snapshot that arrived meanwhile replaced all of it and waits for a batch of its own.
    if (this.#arrived === undefined) this.#durableIndex = this.#handedIndex;
  }

  #entryAt(index: LogIndex): LogEntry | undefined {
    return index > NO_INDEX ? this.#entries[index - this.#baseIndex - 1] : undefined;
  }
}

/** The base of a log that begins with its first entry. */
export function emptyBase(membership: SnapshotMeta["membership"]): SnapshotMeta {
  return { index: NO_INDEX, term: NO_TERM, membership };
}
