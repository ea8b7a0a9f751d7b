/**
 * What a run tells while it goes and when it ends: the events behind every display, `--json`
 * included, and the result of `run()`.
 */

import type { Counters } from "./counters.ts";
import type { Failure } from "./failure.ts";

/** One thing that happened in a run. All are plain data; `--json` prints them as they stand. */
export type JobEvent = JobStarted | StepStarted | Progress | AttemptEnded | StepEnded | JobEnded;

/** The job is planned; its first task starts next. */
export interface JobStarted {
  readonly type: "job-started";
  readonly job: string;
  readonly files: number;
  readonly inputBytes: number;
  readonly partitions: number;
  readonly slots: number;
  readonly steps: number;
}

/**
 * A step begins; one that repeats begins once per iteration. If the last step of a pipeline ends
 * before its time, one more begins, without map tasks, that writes what is there as parts.
 */
export interface StepStarted extends StepLabel {
  readonly type: "step-started";
  readonly mapTasks: number;
  readonly reduceTasks: number;
  readonly inputBytes: number;
}

/** Which step: its index from 0, and its iteration from 1. */
export interface StepLabel {
  readonly step: number;
  readonly iteration: number;
}

/** Where a step stands; sent several times a second while tasks run. */
export interface Progress extends StepLabel {
  readonly type: "progress";
  readonly elapsedMs: number;
  readonly map: PhaseProgress;
  readonly reduce: PhaseProgress;
  readonly spills: number;
  /** Attempts beyond the first of a task. */
  readonly retries: number;
  readonly skippedRecords: number;
}

/** Where a phase stands: tasks by state, and what has gone in. */
export interface PhaseProgress {
  readonly tasks: number;
  readonly running: number;
  readonly completed: number;
  readonly records: number;
  readonly bytes: number;
  /** What will have gone in at the end; 0 while unknown. */
  readonly bytesTotal: number;
}

/** An attempt ended without a result. */
export interface AttemptEnded extends StepLabel {
  readonly type: "attempt-failed";
  readonly phase: "map" | "reduce";
  readonly task: number;
  readonly attempt: number;
  readonly failure: Failure;
  /** Whether the task will be tried again. */
  readonly retry: boolean;
}

/** A step ended; its counters are final. */
export interface StepEnded extends StepLabel {
  readonly type: "step-ended";
  readonly counters: Counters;
  readonly elapsedMs: number;
}

/** The run ended. */
export interface JobEnded {
  readonly type: "job-ended";
  readonly ok: boolean;
  readonly result?: JobResult;
  readonly error?: { readonly code: string; readonly message: string };
}

/** One committed part. */
export interface Part {
  /** Its name below the output folder: `part-00000`. */
  readonly name: string;
  readonly records: number;
  readonly bytes: number;
  /** CRC-32 of the file, eight hexadecimal digits. */
  readonly crc32: string;
}

/** What `run()` resolves to. The same facts stand in the output's `_SUCCESS` manifest. */
export interface JobResult {
  /** The output folder, absolute. */
  readonly output: string;
  readonly parts: readonly Part[];
  /** The sum over all steps. */
  readonly counters: Counters;
  /** Per step run, in order. */
  readonly steps: readonly (StepLabel & { readonly counters: Counters })[];
  readonly skippedRecords: number;
  readonly elapsedMs: number;
}
