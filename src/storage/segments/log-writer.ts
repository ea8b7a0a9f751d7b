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
import { logIndex } from "../../base/ids.ts";
import type { HardState, LogEntry } from "../../raft/log-entry.ts";
import type { Persist } from "../../raft/ready.ts";
import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import { type Disk, removeFiles } from "../disk/disk.ts";
import { segmentName } from "../file-names.ts";
import { PAYLOAD_BYTES_MAX, type StorageLimits } from "../limits.ts";
import { recordBytes } from "../record/record.ts";
import { removeNote } from "../recovery-note.ts";
import type { SnapshotStore } from "../snapshots/snapshot-store.ts";
import type { StateFile } from "../state-file.ts";
import type { Committer } from "./commit-queue.ts";
import type { LogBase, SegmentHeader } from "./segment-header.ts";
import { SegmentWriter } from "./segment-writer.ts";

/** What a member makes durable at once: what the consensus core hands out, or any part of it. */
export type PersistRequest = Partial<Persist>;

/** What the writer works on. */
export interface LogParts {
  readonly disk: Disk;
  readonly tag: number;
  readonly limits: StorageLimits;
  readonly state: StateFile;
  readonly snapshots: SnapshotStore;
}

/** A segment, and the highest index that it holds. */
export interface SegmentReach {
  readonly sequence: number;
  lastIndex: number;
}

/** How the log stood when it was opened. */
export interface LogStanding {
  readonly isRecovering: boolean;
  /** From the oldest to the youngest. */
  readonly segments: readonly SegmentReach[];
  /** What was there before a recovery began; it goes when that is over. */
  readonly abandoned: readonly string[];
  /** The end of the last segment; without it, the log begins anew with the next. */
  readonly end: SegmentHeader["previous"] | undefined;
  /** No segment had this number or a higher one. */
  readonly nextSequence: number;
  readonly last: LogBase;
}

const NO_PAYLOAD = new Uint8Array(0);

export class LogWriter {
  readonly #parts: LogParts;
  #isRecovering: boolean;
  #segments: SegmentReach[];
  #abandoned: readonly string[];
  #end: LogStanding["end"];
  #nextSequence: number;
  #active: SegmentWriter | undefined;
  /** The last entry, as it will be when the batch is durable. */
  #last: LogStanding["last"];

  constructor(parts: LogParts, standing: LogStanding) {
    this.#parts = parts;
    this.#isRecovering = standing.isRecovering;
    this.#segments = [...standing.segments];
    this.#abandoned = standing.abandoned;
    this.#end = standing.end;
    this.#nextSequence = standing.nextSequence;
    this.#last = standing.last;
  }

  get isRecovering(): boolean {
    return this.#isRecovering;
  }

  get lastIndex(): number {
    return this.#last.index;
  }

  /** Makes a batch durable. A request with a snapshot or chunks is the first of it. */
  async commit(batch: readonly PersistRequest[]): Promise<void> {
    const { snapshots } = this.#parts;
    const hardState = batch.findLast((request) => request.hardState !== undefined)?.hardState;
    if (hardState !== undefined) await this.#writeVote(hardState);
    const { chunks = [], snapshot } = batch[0]!;
    if (chunks.length > 0) await snapshots.receive(chunks);
    if (snapshot !== undefined) await this.#install(snapshot);
    await this.#append(batch);
    await this.#moveMark(hardState);
    if (batch.some(({ recovered }) => recovered === true)) await this.#endRecovery();
  }

  /** Removes segments that hold no entries after `index`, for which a snapshot stands. */
  async compact(index: number): Promise<void> {
    assert(
      index <= this.#parts.snapshots.newest.meta.index,
      `a snapshot stands for entry ${index}`,
    );
    // The last one stays: the next segment refers to its end.
    const isPast = ({ lastIndex }: SegmentReach, i: number): boolean =>
      lastIndex <= index && i < this.#segments.length - 1;
    const kept = this.#segments.findIndex((segment, i) => !isPast(segment, i));
    const past = this.#segments.slice(0, Math.max(0, kept));
    this.#segments = this.#segments.slice(past.length);
    await this.#removeSegments(past);
  }

  async close(): Promise<void> {
    const active = this.#active;
    this.#active = undefined;
    await active?.close();
  }

  /** A term never falls, and a vote is given once in a term (Raft, 5.1 and 5.2). */
  async #writeVote({ term, votedFor }: HardState): Promise<void> {
    const { state } = this.#parts;
    const before = state.vote;
    if (term === before.term && votedFor === before.votedFor) return;
    assert(term >= before.term, `the term rises from ${before.term}, not to ${term}`);
    const isFree = term > before.term || before.votedFor === undefined;
    assert(isFree, `the vote of term ${term} is given`);
    await state.writeVote({ term, votedFor });
  }

  /** Puts a received snapshot in the place of the log (Raft, figure 13, rules 6 to 8). */
  async #install(snapshot: StoredSnapshot): Promise<void> {
    await this.#parts.snapshots.install(snapshot);
    await this.#endSegment();
    this.#end = undefined;
    const { index, term } = snapshot.meta;
    this.#last = { index, term };
    await this.#createSegment();
  }

  async #append(batch: readonly PersistRequest[]): Promise<void> {
    const isEmpty = ({ entries = [], truncateFrom }: PersistRequest): boolean =>
      entries.length === 0 && truncateFrom === undefined;
    if (batch.every(isEmpty)) return;
    const { segmentBytes } = this.#parts.limits;
    if (this.#active !== undefined && this.#active.durableTo >= segmentBytes) {
      await this.#endSegment();
    }
    const active = this.#active ?? (await this.#createSegment());
    for (const { truncateFrom, entries = [] } of batch) {
      if (truncateFrom !== undefined) this.#truncate(active, truncateFrom);
      for (const entry of entries) this.#add(active, entry);
    }
    await active.sync();
  }

  #truncate(active: SegmentWriter, from: number): void {
    if (from > this.#last.index) return;
    active.add({ kind: "truncate", index: from, term: 0, payload: NO_PAYLOAD });
    this.#last = { index: from - 1, term: undefined };
  }

  #add(active: SegmentWriter, { index, term, kind, data }: LogEntry): void {
    assert(index === this.#last.index + 1, `entry ${index} follows entry ${this.#last.index}`);
    assert(term <= this.#parts.state.vote.term, `term ${term} is not ahead of the vote's`);
    assert(data.length <= PAYLOAD_BYTES_MAX, `the ${data.length} bytes of entry ${index} fit`);
    active.add({ kind, index, term, payload: data });
    this.#last = { index, term };
    const reach = this.#segments.at(-1)!;
    reach.lastIndex = Math.max(reach.lastIndex, index);
  }

  async #moveMark(hardState: HardState | undefined): Promise<void> {
    const { state } = this.#parts;
    const known = Math.max(state.mark.commitIndex, hardState?.commitIndex ?? 0);
    const { sequence: segment, durableTo: offset } = this.#active ?? {
      sequence: state.mark.segment,
      durableTo: state.mark.offset,
    };
    const commitIndex = logIndex(Math.min(known, this.#last.index));
    const { mark } = state;
    const isSame = mark.segment === segment && mark.offset === offset;
    if (isSame && mark.commitIndex === commitIndex) return;
    await state.writeMark({ segment, offset, commitIndex });
  }

  async #createSegment(): Promise<SegmentWriter> {
    const { disk, tag, limits } = this.#parts;
    const sequence = this.#nextSequence++;
    const previous = this.#end;
    const header = { sequence, base: this.#last, ...(previous && { previous }) };
    this.#active = await SegmentWriter.create(disk, tag, header, limits.preallocationBytes);
    const reach = { sequence, lastIndex: this.#last.index };
    const isNewBeginning = previous === undefined;
    const former = isNewBeginning ? this.#segments : [];
    this.#segments = isNewBeginning ? [reach] : [...this.#segments, reach];
    await this.#removeSegments(former);
    return this.#active;
  }

  async #endSegment(): Promise<void> {
    const active = this.#active;
    if (active === undefined) return;
    this.#active = undefined;
    this.#end = { sequence: active.sequence, endOffset: active.durableTo };
    await active.close();
  }

  async #removeSegments(segments: readonly SegmentReach[]): Promise<void> {
    await removeFiles(
      this.#parts.disk,
      segments.map(({ sequence }) => segmentName(sequence)),
    );
  }

  /** What the damage has left is of no more use to anybody: the group has all of it. */
  async #endRecovery(): Promise<void> {
    if (!this.#isRecovering) return;
    await removeNote(this.#parts.disk);
    this.#isRecovering = false;
    await removeFiles(this.#parts.disk, this.#abandoned);
    this.#abandoned = [];
  }
}

function bytesOf({ entries = [] }: PersistRequest): number {
  return entries.reduce((bytes, { data }) => bytes + recordBytes(data.length), 0);
}

/** How a queue goes about requests of the log. */
export function committerOf(
  commit: (batch: readonly PersistRequest[]) => Promise<void>,
): Committer<PersistRequest> {
  const isBarrier = ({ snapshot, chunks = [] }: PersistRequest): boolean =>
    snapshot !== undefined || chunks.length > 0;
  return { commit, bytesOf, isBarrier };
}
