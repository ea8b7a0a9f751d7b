/**
 * How fast attempts get on, as far as the leader has seen. It is what backups are chosen by.
 */

import type { JobId } from "../base/ids.ts";
import type { AttemptState, Phase } from "./state.ts";

/** See the head of this file. */
export interface Pace {
  /** The last reading of an attempt that runs; undefined if there was none yet. */
  reading(attempt: AttemptState): PaceReading | undefined;
  /** How long completed attempts of a phase took, the last few hundred of them, in any order. */
  durationsMs(job: JobId, phase: Phase): readonly number[];
}

/** Since when an attempt runs, and what part of its work it has done, in [0, 1]. */
export interface PaceReading {
  readonly startMs: number;
  readonly share: number;
}
