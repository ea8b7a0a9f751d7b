/**
 * What planning remembers from one call to the next: since when a job waits for a slot near its
 * input, which attempts seemed slow when it last looked, when it last made reduces give way.
 */

import type { JobState, Phase } from "../state.ts";
import { NearMaps } from "./near-maps.ts";
import type { Straggler } from "./stragglers.ts";

/** See the head of this file. */
export class PlanMemory {
  readonly #jobs = new WeakMap<JobState, JobMemory>();

  of(job: JobState): JobMemory {
    let memory = this.#jobs.get(job);
    if (memory === undefined) {
      memory = new JobMemory(job);
      this.#jobs.set(job, memory);
    }
    return memory;
  }
}

/** What planning remembers of one job. */
export class JobMemory {
  /** Undefined if nothing is known of where its input is. */
  readonly nearMaps: NearMaps | undefined;
  /** When it last made reduces give way. */
  preemptedMs = Number.NEGATIVE_INFINITY;
  readonly stragglers: Record<Phase, StragglersSeen> = {
    map: { seenMs: Number.NEGATIVE_INFINITY, attempts: [] },
    reduce: { seenMs: Number.NEGATIVE_INFINITY, attempts: [] },
  };

  constructor(job: JobState) {
    this.nearMaps = job.mapHosts.length === 0 ? undefined : new NearMaps(job);
  }
}

/** The attempts of a phase that fell behind, the last time that somebody looked. */
export interface StragglersSeen {
  seenMs: number;
  attempts: readonly Straggler[];
}
