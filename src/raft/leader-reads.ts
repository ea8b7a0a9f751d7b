/**
 * Reads at a leader (dissertation, 6.4). A read gets the commit index of the moment it arrives, and
 * is answered when a majority has confirmed, by heartbeats sent after that moment, that the leader
 * still led: no other can have committed anything newer before the read was asked.
 *
 * A new leader does not know which entries are committed until it has committed one of its own term
 * (6.4, step 1; Raft, 8): reads that come before that wait for it.
 *
 * What always holds: rounds only grow, and younger reads have higher rounds and indices.
 */

import type { LogIndex, MemberId } from "../base/ids.ts";

/** Who asked: this member itself, or a follower. */
export interface ReadOrigin {
  readonly member: MemberId;
  readonly requestId: number;
}

/** A read whose leader was confirmed. */
export interface ConfirmedRead extends ReadOrigin {
  readonly readIndex: LogIndex;
}

interface PendingRead extends ConfirmedRead {
  readonly round: number;
}

export class LeaderReads {
  readonly #readsMax: number;
  /** They came before the leader had committed anything. */
  #early: ReadOrigin[] = [];
  #pending: PendingRead[] = [];
  #round = 0;

  constructor(readsMax: number) {
    this.#readsMax = readsMax;
  }

  get isFull(): boolean {
    return this.#early.length + this.#pending.length >= this.#readsMax;
  }

  /** The round that heartbeats carry; 0 before the first read. */
  get round(): number {
    return this.#round;
  }

  get hasHeld(): boolean {
    return this.#early.length > 0;
  }

  /** Holds a read back until `release`. */
  hold(origin: ReadOrigin): void {
    this.#early.push(origin);
  }

  /** Begins a round for one read. */
  begin(origin: ReadOrigin, commitIndex: LogIndex): void {
    this.#round++;
    this.#pending.push({ ...origin, readIndex: commitIndex, round: this.#round });
  }

  /** Begins the reads that were held back, now that the commit index is the leader's own. */
  release(commitIndex: LogIndex): void {
    for (const origin of this.#early) this.begin(origin, commitIndex);
    this.#early = [];
  }

  /** Removes and returns the reads of rounds up to the one that a majority confirmed. */
  confirm(round: number): readonly ConfirmedRead[] {
    let confirmed = 0;
    while (confirmed < this.#pending.length && this.#pending[confirmed]!.round <= round) {
      confirmed++;
    }
    return confirmed === 0 ? [] : this.#pending.splice(0, confirmed);
  }

  /** Who waits, when the leader leads no more. */
  origins(): readonly ReadOrigin[] {
    return [...this.#early, ...this.#pending];
  }
}
