/**
 * Where a replica takes the time from, and its turns. A simulation hands in its own, in which no
 * time passes but by its will.
 */

import { type Clock, REAL_CLOCK } from "../base/clock.ts";

/** See the head of this file. */
export interface ReplicaClock extends Pick<Clock, "nowMs" | "after" | "every"> {
  /** Calls back once, after everything that has come in by now has had its turn. */
  soon(callback: () => void): void;
}

/** The real one. */
export const REAL_REPLICA_CLOCK: ReplicaClock = {
  ...REAL_CLOCK,
  soon(callback) {
    setImmediate(callback);
  },
};

/** Lets everything else have its turn. */
export function turnOf(clock: ReplicaClock): Promise<void> {
  return new Promise((resolve) => clock.soon(resolve));
}

/** Measures work that has to leave the event loop free now and then. */
export class WorkSlice {
  readonly #clock: ReplicaClock;
  readonly #sliceMs: number;
  #endMs: number;

  constructor(clock: ReplicaClock, sliceMs: number) {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
    this.#endMs = clock.nowMs() + sliceMs;
  }

  /** Whether `rest` is due. */
  get isOver(): boolean {
    return this.#clock.nowMs() >= this.#endMs;
  }

  /** Gives up the event loop for a turn, and begins anew. */
  async rest(): Promise<void> {
    await turnOf(this.#clock);
    this.#endMs = this.#clock.nowMs() + this.#sliceMs;
  }
}
