/**
 * Whether a learner has caught up (dissertation, 4.2.1). Its replication is cut into rounds: each
 * brings what was in the leader's log when the round began. When a round takes no longer than an
 * election timeout, promoting the learner will not hold up the group for longer than an election.
 */

import type { LogIndex } from "../base/ids.ts";

export class CatchUp {
  readonly #roundTicksMax: number;
  #target: LogIndex;
  #startedTick: number;
  #isCaughtUp = false;

  constructor(lastIndex: LogIndex, tick: number, roundTicksMax: number) {
    this.#target = lastIndex;
    this.#startedTick = tick;
    this.#roundTicksMax = roundTicksMax;
  }

  /** The last round that ended was a short one. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** The learner has the leader's log up to `matchIndex`; a round may end with it. */
  reached(matchIndex: LogIndex, lastIndex: LogIndex, tick: number): void {
    if (matchIndex < this.#target) return;
    this.#isCaughtUp = tick - this.#startedTick <= this.#roundTicksMax;
    this.#target = lastIndex;
    this.#startedTick = tick;
  }
}
