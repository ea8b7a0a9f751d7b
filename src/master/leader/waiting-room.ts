/**
 * How many attempts a worker may be given beyond its slots, to wait there for one.
 *
 * A map of milliseconds takes less than the news of its end and the log's record of the next one: its
 * slot would be idle half of the time. And while a reduce fetches its regions, its slot is idle: one
 * that waits fetches its own meanwhile. What waits is bound to its worker, so there is room only where
 * that costs nothing: for short maps, and for reduces while more of them wait than all slots can run.
 *
 * Nothing waits behind a reduce that may be waiting for it: behind reduces there is room only where all
 * maps are done and no other job is under way.
 */

import type { JobId } from "../../base/ids.ts";
import type { Pace } from "../../scheduler/pace.ts";
import type { AttemptState, SchedulerState } from "../../scheduler/state.ts";
import { idleCount } from "../../scheduler/state.ts";

/** Maps that take longer, on average, are worth a choice of the first slot that is free. */
const SHORT_MS = 50;
/** So many must have ended before it is known. */
const DURATIONS_MIN = 16;
/** For each slot. A worker lets more wait than that. */
const SHORT_MAPS_WAITING = 2;
const REDUCES_WAITING = 1;

/** See the head of this file. For one round of planning, in which nothing changes. */
export class WaitingRoom {
  readonly #state: SchedulerState;
  readonly #pace: Pick<Pace, "durationsMs">;
  /** For each slot, of those who wait behind maps of a job, or behind its reduces. */
  readonly #behind = { map: new Map<JobId, number>(), reduce: new Map<JobId, number>() };

  constructor(state: SchedulerState, pace: Pick<Pace, "durationsMs">) {
    this.#state = state;
    this.#pace = pace;
  }

  /** Attempts that a worker with so many slots may have beside those, given what it runs. */
  of(slots: number, running: ReadonlySet<AttemptState>): number {
    if (running.size < slots) return 0;
    let perSlot = SHORT_MAPS_WAITING;
    for (const { job, phase } of running) {
      let behind = this.#behind[phase].get(job);
      if (behind === undefined) {
        behind = phase === "map" ? this.#behindMaps(job) : this.#behindReduces(job);
        this.#behind[phase].set(job, behind);
      }
      perSlot = Math.min(perSlot, behind);
    }
    return slots * perSlot;
  }

  #behindMaps(job: JobId): number {
    const durations = this.#pace.durationsMs(job, "map");
    const totalMs = durations.reduce((sum, each) => sum + each, 0);
    const isShort = durations.length >= DURATIONS_MIN && totalMs <= SHORT_MS * durations.length;
    return isShort ? SHORT_MAPS_WAITING : 0;
  }

  #behindReduces(id: JobId): number {
    const { active, workers } = this.#state;
    const job = active.get(id);
    if (job === undefined || active.size > 1 || job.map.completed < job.map.count) return 0;
    return idleCount(job.reduce) > workers.slots ? REDUCES_WAITING : 0;
  }
}
