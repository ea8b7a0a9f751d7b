/**
 * What a run tells while it goes and when it ends: the events behind every display, `--json`
 * included, and the result of `run()`.
 */

import type { Counters } from "./counters.ts";
import type { Failure } from "./failure.ts";

/**
 * One thing that happened in a run. All are plain data; `--json` prints them as they stand, one on
 * a line. The first is `job-started`, unless the run fails before that; the last is `job-ended`.
 *
 * @example
 * ```ts
 * import { type JobEvent, run } from "sheaf";
 *
 * function onEvent(event: JobEvent): void {
 *   if (event.type === "attempt-failed") console.error(event.failure.message);
 * }
 *
 * await run("./word-count.ts", { inputs: ["logs/"], output: "out", onEvent });
 * ```
 */
export type JobEvent =
  | Warning
  | JobStarted
  | StepStarted
  | Progress
  | AttemptEnded
  | StepEnded
  | JobEnded;

/** Something that may not work as its author thinks; the run goes on. */
export interface Warning {
  readonly type: "warning";
  readonly message: string;
}

/** The job is planned; its first task starts next. */
export interface JobStarted {
  readonly type: "job-started";
  /** The job's file, as messages name it. */
  readonly job: string;
  /** How many files the input has. */
  readonly files: number;
  readonly inputBytes: number;
  /** R: the number of reduce tasks, and of parts. */
  readonly partitions: number;
  readonly slots: number;
  /** How many steps the pipeline has; 1 for a job. */
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

/** Names a run of a step. */
export interface StepLabel {
  /** The step's index in its pipeline, from 0. */
  readonly step: number;
  /** Which run of the step, from 1. */
  readonly iteration: number;
}

/** Where a step stands; sent several times a second while tasks run. */
export interface Progress extends StepLabel {
  readonly type: "progress";
  readonly elapsedMs: number;
  readonly map: PhaseProgress;
  readonly reduce: PhaseProgress;
}

/** Where a phase stands: tasks by state, what has gone in, and what did not go smoothly. */
export interface PhaseProgress {
  readonly tasks: number;
  readonly running: number;
  readonly completed: number;
  /** Records that have gone in. */
  readonly records: number;
  /** Bytes that have gone in, compressed where the input is. */
  readonly bytes: number;
  /** What will have gone in at the end; 0 while unknown. */
  readonly bytesTotal: number;
  /** Runs written because memory was full; in the reduce phase, those of merges in several passes. */
  readonly spills: number;
  /** Attempts beyond the first of a task. */
  readonly retries: number;
  /** Bad records left out; in the reduce phase, groups. */
  readonly skippedRecords: number;
}

/** An attempt ended without a result. */
export interface AttemptEnded extends StepLabel {
  readonly type: "attempt-failed";
  readonly phase: "map" | "reduce";
  /** The task's index in its phase, from 0. */
  readonly task: number;
  /** The attempt's ordinal among those of its task, from 0. */
  readonly attempt: number;
  readonly failure: Failure;
  /** Whether the task will be tried again. */
  readonly retry: boolean;
  /** On a cluster: the worker that it ran on, if it ran on one. */
  readonly worker?: string | undefined;
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
  /** Where it succeeded: what `run()` resolves to. */
  readonly result?: JobResult;
  /** Where it failed: an `ErrorCode`, or `BUG` where the fault is ours. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** One committed part. */
export interface Part {
  /**
   * Its name below the output folder: `part-00000`, or `part-00000.gz`. On S3 the id of the run
   * follows the number: `part-00000-0123456789abcdef.gz`.
   */
  readonly name: string;
  readonly records: number;
  /** The size of the file. */
  readonly bytes: number;
  /** CRC-32 of the file, eight hexadecimal digits. */
  readonly crc32: string;
}

/** What `run()` resolves to. The same facts stand in the output's `_SUCCESS` manifest. */
export interface JobResult {
  /** The output folder, absolute, or its `s3://` URL. */
  readonly output: string;
  /** In the order of their partitions. */
  readonly parts: readonly Part[];
  /**
   * What the job has counted. The engine's counters are sums over all runs of all steps. The job's
   * own are sums over the steps, of the last run of each: where a step repeats, its earlier
   * iterations have counted for the next one. Where steps count different things under one name,
   * read `steps` instead.
   */
  readonly counters: Counters;
  /** What each run of each step counted, in the order in which they ran. */
  readonly steps: readonly (StepLabel & { readonly counters: Counters })[];
  /** Bad records that were left out; they are in `_bad/` below the output. */
  readonly skippedRecords: number;
  /** From the call to the commit. */
  readonly elapsedMs: number;
}
