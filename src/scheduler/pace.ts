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

/** What part of its work an attempt has done, in [0, 1], and since when it is watched. */
export interface PaceReading {
  readonly share: number;
  /** When watching began, and what was done by then. */
  readonly startMs: number;
  readonly startShare: number;
}
