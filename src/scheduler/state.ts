/**
 * The state of the scheduler: for each task its state, its attempts and where they run, as in
 * section 3.2 of the paper. It is a fold of commands over an empty state (see apply.ts), so any two
 * copies that took the same commands are equal. Plain data: no clock, no promise, no socket.
 *
 * What always holds, per job:
 * - a task is in-progress exactly while one of its attempts is assigned or running;
 * - a completed task has exactly one attempt that succeeded, and `result` is that one's;
 * - no reduce task is assigned before every map task is completed;
 * - a job that has ended (`done`, `failed`, `cancelled`) has no attempt under way.
 */

import type { AttemptNumber, JobId, TaskIndex, WorkerId } from "../base/ids.ts";
import type { Failure, SkippedRecord } from "../job/failure.ts";

/** Everything the scheduler knows. */
export interface SchedulerState {
  readonly jobs: Map<JobId, JobState>;
}

/** Which half of a job a task belongs to. */
export type Phase = "map" | "reduce";

/** A job has one map phase and one reduce phase, then it has ended in one of three ways. */
export type JobPhase = Phase | "done" | "failed" | "cancelled";

/** One MapReduce: a step of a pipeline is a job of its own here. */
export interface JobState {
  readonly id: JobId;
  readonly limits: JobLimits;
  phase: JobPhase;
  readonly map: PhaseState;
  readonly reduce: PhaseState;
  /** Records and groups skipped so far, over all tasks and in earlier steps. */
  skipped: number;
  /** Why it failed, when it did. */
  verdict: Verdict | undefined;
}

/** What a job was submitted with. */
export interface JobLimits {
  /** Failed attempts of one task before the job fails. Lost ones do not count. */
  readonly attemptsMax: number;
  /** Bad records that may be skipped; 0 to skip none. */
  readonly skippedMax: number;
}

/** The tasks of a phase, with the sums that planning needs. */
export interface PhaseState {
  readonly tasks: TaskState[];
  /** Idle tasks in the order in which they will be assigned. */
  readonly idle: TaskIndex[];
  completed: number;
}

/** One task. */
export interface TaskState {
  readonly index: TaskIndex;
  state: "idle" | "in-progress" | "completed";
  readonly attempts: AttemptState[];
  /** Failed attempts since the task last got past a bad record. */
  failures: number;
  /** How often each failure was seen, by its message. */
  readonly failureMessages: Map<string, number>;
  /** The records to skip, in the order they were found. */
  readonly skip: SkippedRecord[];
  /** How often an attempt failed at a record, by its ordinal. */
  readonly suspects: Map<number, number>;
  /** What the winner reported; its shape is the shell's business. */
  result: unknown;
}

/** Attempt states. *Failed* is the user's code; *lost* is ours. */
export type AttemptPhase = "running" | "succeeded" | "failed" | "killed" | "lost";

/** One attempt of a task on one worker. */
export interface AttemptState {
  readonly number: AttemptNumber;
  readonly worker: WorkerId;
  state: AttemptPhase;
}

/** The failure that ended a job, and how often its like was seen. */
export interface Verdict {
  readonly phase: Phase;
  readonly task: TaskIndex;
  readonly attempt: AttemptNumber;
  readonly failure: Failure;
  /** Attempts of the task that failed, this one included. */
  readonly failures: number;
  /** Those of them that failed with the same message. */
  readonly occurrences: number;
  readonly reason: "attempts" | "fatal" | "skipped";
}

/** A scheduler with no jobs. */
export function emptyState(): SchedulerState {
  return { jobs: new Map() };
}

/** The tasks of one phase of a job. */
export function phaseOf(job: JobState, phase: Phase): PhaseState {
  return phase === "map" ? job.map : job.reduce;
}

/** Whether nothing more will happen in a job. */
export function hasEnded(job: JobState): boolean {
  return job.phase !== "map" && job.phase !== "reduce";
}
