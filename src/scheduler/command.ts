/**
 * Commands: the only way the scheduler's state changes. They are plain data, because they are what a
 * log keeps and replicates. Each names the attempt it speaks of, so that one that comes late or
 * twice can be told apart and dropped.
 */

import type { AttemptNumber, JobId, TaskIndex, WorkerId } from "../base/ids.ts";
import type { Failure } from "../job/failure.ts";
import type { JobLimits, Phase } from "./state.ts";

/** See the head of this file. */
export type Command =
  | SubmitJob
  | AssignTask
  | SucceedAttempt
  | FailAttempt
  | LoseMapOutput
  | LoseWorker
  | CancelJob
  | ForgetJob;

/** A job of so many tasks is to be run. */
export interface SubmitJob {
  readonly type: "submit-job";
  readonly job: JobId;
  readonly mapTasks: number;
  readonly reduceTasks: number;
  readonly limits: JobLimits;
  /** Bad records that earlier steps of the same run have skipped; they count towards the limit. */
  readonly skipped: number;
}

/** Names one attempt. */
export interface AttemptRef {
  readonly job: JobId;
  readonly phase: Phase;
  readonly task: TaskIndex;
  readonly attempt: AttemptNumber;
}

/** An idle task becomes in-progress on a worker. */
export interface AssignTask extends AttemptRef {
  readonly type: "assign-task";
  readonly worker: WorkerId;
}

/** An attempt has finished; the first of its task to do so wins. */
export interface SucceedAttempt extends AttemptRef {
  readonly type: "succeed-attempt";
  readonly result: unknown;
  /** Records that the attempt skipped by itself. */
  readonly skipped: number;
  /** The last of them, for the message if they were too many. */
  readonly lastSkipped: Failure | undefined;
}

/** An attempt has ended without a result. */
export interface FailAttempt extends AttemptRef {
  readonly type: "fail-attempt";
  readonly failure: Failure;
  /** Trying again cannot help: the job fails at once. */
  readonly fatal: boolean;
}

/** The output of a completed map task cannot be had any more: the task must run again. */
export interface LoseMapOutput {
  readonly type: "lose-map-output";
  readonly job: JobId;
  readonly task: TaskIndex;
  /** Whose output it was; if another attempt has won since, nothing changes. */
  readonly attempt: AttemptNumber;
}

/** A worker is gone, and with it the map outputs on its disk. */
export interface LoseWorker {
  readonly type: "lose-worker";
  readonly worker: WorkerId;
}

/** The user does not want the job any more. */
export interface CancelJob {
  readonly type: "cancel-job";
  readonly job: JobId;
}

/** An ended job leaves the state. */
export interface ForgetJob {
  readonly type: "forget-job";
  readonly job: JobId;
}
