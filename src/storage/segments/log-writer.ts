/**
 * Makes batches of requests durable, each in the order that Raft needs: the vote first, then a
 * snapshot that takes the place of the log, then records with one fsync for all of them. The mark
 * moves last.
 *
 * The vote goes first because a log with entries of a term that the vote does not know of would be
 * one that has lost its vote; the other way round, a vote without its entries is a crash that came a
 * little earlier.
 */

import { assert } from "../../base/assert.ts";
import type { HardState } from "../../raft/log-entry.ts";
import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import type { Disk } from "../disk/disk.ts";
import { ASIDE_PREFIX, segmentName } from "../file-names.ts";
import type { Identity } from "../identity.ts";
import type { StorageLimits } from "../limits.ts";
import type { MarkFile } from "../mark-file.ts";
import type { PersistRequest } from "../persist-request.ts";
import type { SegmentHeader } from "../record/file-header.ts";
import { NO_PAYLOAD } from "../record/record.ts";
import { removeRecovery } from "../recovery-file.ts";
import type { SnapshotStore } from "../snapshots/snapshot-store.ts";
import { isNoSpace } from "../storage-error.ts";
import type { VoteFile } from "../vote-file.ts";
import type { LiveLog } from "./live-log.ts";
import { LogChanges } from "./log-changes.ts";
import { SegmentWriter } from "./segment-writer.ts";

/** What the writer works on. */
export interface LogParts {
  readonly disk: Disk;
  readonly identity: Identity;
  readonly limits: StorageLimits;
  readonly live: LiveLog;
  readonly vote: VoteFile;
  readonly mark: MarkFile;
  readonly snapshots: SnapshotStore;
}

/** How the log stood when it was opened. */
export interface LogStanding {
  readonly hardState: Pick<HardState, "term" | "votedFor">;
  readonly isRecovering: boolean;
  /** Segments on the disk, from the oldest on. */
  readonly segments: readonly number[];
  /** The end of the last; without it, the log begins anew with the next segment. */
  readonly end: SegmentHeader["previous"] | undefined;
  /** No segment had this number or a higher one. */
  readonly nextSequence: number;
}

export class LogWriter {
  readonly #parts: LogParts;
  #hardState: LogStanding["hardState"];
  /** A vote that found no room may have one copy on the disk; the next batch must write over it. */
  #isVoteHalfWritten = false;
  /** Behind the end of the last segment there may be entries that found no room. */
  #mayHoldRefused = false;
  #isRecovering: boolean;
  #segments: number[];
  #end: LogStanding["end"];
  #nextSequence: number;
  #active: SegmentWriter | undefined;

  constructor(parts: LogParts, standing: LogStanding) {
    this.#parts = parts;
    this.#hardState = standing.hardState;
    this.#isRecovering = standing.isRecovering;
    this.#segments = [...standing.segments];
    this.#end = standing.end;
    this.#nextSequence = standing.nextSequence;
  }

  /** Term and vote as they are durable. */
  get hardState(): LogStanding["hardState"] {
    return this.#hardState;
  }

  get isRecovering(): boolean {
    return this.#isRecovering;
  }

  /** Makes a batch durable. A request with a snapshot or chunks is the first of it. */
  async commit(batch: readonly PersistRequest[]): Promise<void> {
    const hardState = batch.findLast((request) => request.hardState !== undefined)?.hardState;
    try {
      await this.#writeVote(hardState ?? this.#hardState);
      const { chunks = [], snapshot } = batch[0]!;
      if (chunks.length > 0) await this.#parts.snapshots.receive(chunks);
      if (snapshot !== undefined) await this.#install(snapshot);
      await this.#append(batch);
    } catch (error) {
      // What a write without room has left at the segment's end must never become part of the log.
      if (isNoSpace(error)) {
        this.#mayHoldRefused = true;
        await this.#endSegment();
      }
      throw error;
    }
    this.#moveMark(hardState);
    if (batch.some(({ recovered }) => recovered === true)) await this.#endRecovery();
  }

  /** Forgets the entries up to `index`, and removes the segments that hold no others. */
  async compact(index: number): Promise<void> {
    const { live, snapshots } = this.#parts;
    const snapshotIndex = snapshots.newest.meta.index;
    assert(index <= snapshotIndex, `a durable snapshot stands for entry ${index}`);
    live.compact(index);
    // The last one stays: the next segment refers to its end.
    const past = this.#segments
      .slice(0, -1)
      .filter((segment) => live.lastIndexOf(segment) <= index);
    await this.#removeSegments(past);
  }

  async close(): Promise<void> {
    await this.#endSegment();
  }

  async #writeVote({ term, votedFor }: LogStanding["hardState"]): Promise<void> {
    const { term: oldTerm, votedFor: oldVote } = this.#hardState;
    const isSame = term === oldTerm && votedFor === oldVote;
    if (isSame && !this.#isVoteHalfWritten) return;
    this.#isVoteHalfWritten = true;
    await this.#parts.vote.write({ term, votedFor });
    this.#isVoteHalfWritten = false;
    this.#hardState = { term, votedFor };
  }

  /** Puts a received snapshot in the place of the log (Raft, figure 13, rules 6 to 8). */
  async #install(snapshot: StoredSnapshot): Promise<void> {
    const { live, snapshots } = this.#parts;
    const { index, term } = snapshot.meta;
    await snapshots.install(snapshot);
    // A try that found no room may have come as far as here.
    if (live.firstIndex === index + 1 && live.lastIndex === index) return;
    await this.#endSegment();
    const former = this.#end;
    this.#end = undefined;
    try {
      await this.#createSegment({ index, term });
    } catch (error) {
      this.#end = former;
      throw error;
    }
    live.restart({ index, term });
  }

  async #append(batch: readonly PersistRequest[]): Promise<void> {
    const { live, limits } = this.#parts;
    const changes = new LogChanges(live);
    // Where an end may hold refused entries, what truncates them makes a segment that voids them.
    const lastIndex = this.#mayHoldRefused ? Infinity : live.lastIndex;
    const isEmpty = ({ entries = [], truncateFrom }: PersistRequest): boolean =>
      entries.length === 0 && (truncateFrom === undefined || truncateFrom > lastIndex);
    if (batch.every(isEmpty)) return;
    if (this.#active !== undefined && this.#active.tail >= limits.segmentBytes) {
      await this.#endSegment();
    }
    if (this.#active === undefined) {
      const { lastIndex: index, lastTerm: term } = live;
      assert(term !== undefined, "the term of the last entry is known");
      await this.#createSegment({ index, term });
    }
    for (const request of batch) this.#encode(request, changes);
    await this.#active!.sync();
    changes.apply();
  }

  #encode({ truncateFrom, entries = [] }: PersistRequest, changes: LogChanges): void {
    const from: number = truncateFrom ?? Infinity;
    const active = this.#active!;
    if (from <= changes.lastIndex) {
      const term = changes.termAt(from - 1);
      assert(term !== undefined, `entry ${from - 1} stays, so that its term is known`);
      active.add({ kind: "truncate", index: from, term, payload: NO_PAYLOAD });
      changes.truncate(from);
    }
    for (const { index, term, kind, data } of entries) {
      const offset = active.add({ kind, index, term, payload: data });
      changes.append(index, term, { segment: active.sequence, offset });
    }
  }

  #moveMark(hardState: HardState | undefined): void {
    const { live, mark } = this.#parts;
    const active = this.#active;
    const known = Math.max(mark.current.commitIndex, hardState?.commitIndex ?? 0);
    const commitIndex = Math.min(known, live.lastIndex);
    const place = active && { segment: active.sequence, offset: active.durableTo };
    mark.move({ ...place, commitIndex });
  }

  async #createSegment(base: SegmentHeader["base"]): Promise<void> {
    const { disk, identity, limits } = this.#parts;
    const sequence = this.#nextSequence++;
    const previous = this.#end;
    const header = { sequence, base, ...(previous === undefined ? {} : { previous }) };
    this.#active = await SegmentWriter.create(disk, identity, header, limits.preallocationBytes);
    this.#mayHoldRefused = false;
    const older = this.#segments;
    this.#segments = [...older, sequence];
    if (previous === undefined) await this.#removeSegments(older);
  }

  async #endSegment(): Promise<void> {
    const active = this.#active;
    if (active === undefined) return;
    this.#active = undefined;
    this.#end = { sequence: active.sequence, endOffset: active.durableTo };
    await active.close();
  }

  /** From the oldest on, so that what a crash leaves of them lies before all that counts. */
  async #removeSegments(sequences: readonly number[]): Promise<void> {
    if (sequences.length === 0) return;
    const { disk } = this.#parts;
    this.#segments = this.#segments.filter((segment) => !sequences.includes(segment));
    for (const sequence of sequences) await disk.unlink(segmentName(sequence));
    await disk.syncFolder();
  }

  /** What the damage has left is of no more use to anybody: the group has all of it. */
  async #endRecovery(): Promise<void> {
    if (!this.#isRecovering) return;
    const { disk } = this.#parts;
    await removeRecovery(disk);
    this.#isRecovering = false;
    for (const name of await disk.list()) {
      if (name.startsWith(ASIDE_PREFIX)) await disk.unlink(name);
    }
  }
}
