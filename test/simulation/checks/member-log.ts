/**
 * The log of one member as a check follows it: what the member has asked its disk for, and what the
 * disk has confirmed.
 */

import { crc32 } from "node:zlib";
import type { MemberId, Term } from "../../../src/base/ids.ts";
import { type LogEntry, NO_TERM, type SnapshotMeta } from "../../../src/raft/log-entry.ts";
import { decodeMembership } from "../../../src/raft/membership.ts";
import type { Persist } from "../../../src/raft/ready.ts";

/** What of an entry is compared. */
export interface EntryMark {
  readonly term: Term;
  /** Of its kind and its data. */
  readonly checksum: number;
  /** Of a membership. */
  readonly voters?: readonly MemberId[];
}

/** What may be asked of a log at once. */
export type PersistRequest = Partial<Persist>;

export function markOf({ term, kind, data }: LogEntry): EntryMark {
  const mark = { term, checksum: crc32(data, crc32(kind)) };
  if (kind !== "membership") return mark;
  return { ...mark, voters: decodeMembership(data)?.voters ?? [] };
}

/** See the head of this file. */
export class MemberLog {
  term: Term = NO_TERM;
  votedFor: number | undefined;
  /** The entry before the first that is held. */
  baseIndex = 0;
  baseTerm: Term = NO_TERM;
  #baseVoters: readonly MemberId[] = [];
  #entries: EntryMark[] = [];

  get lastIndex(): number {
    return this.baseIndex + this.#entries.length;
  }

  get lastTerm(): Term {
    return this.#entries.at(-1)?.term ?? this.baseTerm;
  }

  /** By the last membership that it holds, committed or not. */
  get voters(): readonly MemberId[] {
    return this.#entries.findLast(({ voters }) => voters !== undefined)?.voters ?? this.#baseVoters;
  }

  /** Undefined of one that is behind a snapshot, or that is not here. */
  at(index: number): EntryMark | undefined {
    return this.#entries[index - this.baseIndex - 1];
  }

  /** Whether it holds an entry, or a snapshot that stands for it. */
  holds(index: number, term: Term): boolean {
    return index <= this.baseIndex || this.at(index)?.term === term;
  }

  termAt(index: number): Term | undefined {
    return index === this.baseIndex ? this.baseTerm : this.at(index)?.term;
  }

  /** Takes over what a request asks for. */
  take({ hardState, snapshot, truncateFrom, entries = [] }: PersistRequest): void {
    if (hardState !== undefined) {
      this.term = hardState.term;
      this.votedFor = hardState.votedFor;
    }
    if (snapshot !== undefined) this.rebase(snapshot.meta);
    if (truncateFrom !== undefined) this.#entries.length = truncateFrom - this.baseIndex - 1;
    for (const entry of entries) this.#entries.push(markOf(entry));
  }

  /** A snapshot stands for all entries up to an index, and what follows it goes. */
  rebase({ index, term, membership }: SnapshotMeta): void {
    this.#entries = [];
    this.#baseVoters = membership.voters;
    this.baseIndex = index;
    this.baseTerm = term;
  }

  copy(): MemberLog {
    const copy = new MemberLog();
    copy.term = this.term;
    copy.votedFor = this.votedFor;
    copy.baseIndex = this.baseIndex;
    copy.baseTerm = this.baseTerm;
    copy.#baseVoters = this.#baseVoters;
    copy.#entries = [...this.#entries];
    return copy;
  }
}
