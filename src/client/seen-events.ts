/**
 * Which events of a job were seen, so that each is told once and in order however often the stream
 * that brings them breaks and begins again, at the same master or at another.
 *
 * Reports of progress are apart from the others: a master keeps the latest alone, and a new leader
 * has none and counts its own anew. So a stream is resumed after the last of the other events, and
 * of progress only what is a repetition is left out.
 */

import type { NumberedEvent } from "../rpc/wire/event.ts";

type Place = Pick<NumberedEvent, "sequence" | "timeMs">;

/** See the head of this file. */
export class SeenEvents {
  /** The last event that was not of progress. */
  #lastKept = 0;
  #lastProgress: Place = { sequence: 0, timeMs: 0 };

  /** Where a stream has to begin so that nothing is missed. */
  get fromSequence(): number {
    return this.#lastKept + 1;
  }

  /** Whether an event is new; from then on it is not. */
  take({ sequence, timeMs, event }: NumberedEvent): boolean {
    if (sequence <= this.#lastKept) return false;
    if (event.type !== "progress") {
      this.#lastKept = sequence;
      return true;
    }
    const last = this.#lastProgress;
    if (sequence <= last.sequence && timeMs <= last.timeMs) return false;
    this.#lastProgress = { sequence, timeMs };
    return true;
  }
}
