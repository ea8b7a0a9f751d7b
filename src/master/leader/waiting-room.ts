/**
 * How many attempts a worker may be given beyond its slots. A task that takes milliseconds takes less
 * than the news of its end and the log's record of the next one: its slot would be idle half of the
 * time. So a worker that runs nothing but such maps has a few more waiting, and goes on by itself.
 *
 * Only of maps, and behind maps: what waits behind a reduce may be what that reduce waits for.
 */

import type { JobId } from "../../base/ids.ts";
import type { Pace } from "../../scheduler/pace.ts";
import type { AttemptState } from "../../scheduler/state.ts";

/** Maps that take longer, on average, are worth a choice of the first slot that is free. */
const SHORT_MS = 50;
/** So many must have ended before it is known. */
const DURATIONS_MIN = 16;
/** Beyond each slot; what a worker lets wait is no less. */
const WAITING_PER_SLOT = 2;

/** See the head of this file. For one round of planning, in which durations do not change. */
export class WaitingRoom {
  readonly #pace: Pick<Pace, "durationsMs">;
  readonly #short = new Map<JobId, boolean>();

  constructor(pace: Pick<Pace, "durationsMs">) {
    this.#pace = pace;
  }

  /** Attempts that a worker with so many slots may have beside those, given what it runs. */
  of(slots: number, running: ReadonlySet<AttemptState>): number {
    if (running.size < slots) return 0;
    for (const { job, phase } of running) {
      if (phase !== "map" || !this.#isShort(job)) return 0;
    }
    return slots * WAITING_PER_SLOT;
  }

  #isShort(job: JobId): boolean {
    let isShort = this.#short.get(job);
    if (isShort === undefined) {
      const durations = this.#pace.durationsMs(job, "map");
      const totalMs = durations.reduce((sum, each) => sum + each, 0);
      isShort = durations.length >= DURATIONS_MIN && totalMs <= SHORT_MS * durations.length;
      this.#short.set(job, isShort);
    }
    return isShort;
  }
}
