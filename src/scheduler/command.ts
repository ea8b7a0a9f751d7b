/**
 * Commands: the only way the scheduler's state changes. They are plain data, because they are what a
 * log keeps and replicates. Each names the attempt, or the life of a worker, that it speaks of, so
 * that one that comes late or twice can be told apart and dropped.
 */

import type { JobId, TaskIndex, WorkerId, WorkerName } from "../base/ids.ts";
import type { Failure } from "../job/failure.ts";
import type { AttemptRef, JobLimits } from "./state.ts";

export type { AttemptRef } from "./state.ts";

/** See the head of this file. */
export type Command =
  | SubmitJob
  | RegisterWorker
  | LoseWorker
  | AssignTask
  | SucceedAttempt
  | FailAttempt
  | KillAttempt
  | LoseMapOutput
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
  /** From -100 to 100; where slots are short, jobs of a higher one are served first. */
  readonly priority: number;
  /** The share of the maps, from 0 to 1, that must be completed for reduces to be assigned. */
  readonly slowStart: number;
  /** Whether attempts that fall behind get backups. */
  readonly speculation: boolean;
  /** By host or rack, the maps whose input is there, in increasing order; empty if nothing is known. */
  readonly mapHosts: readonly { readonly label: string; readonly tasks: readonly number[] }[];
}

/** A life of a worker begins; an earlier one of the same name has ended. */
export interface RegisterWorker {
  readonly type: "register-worker";
  /** Names this life. */
  readonly worker: WorkerId;
  /** Names the worker, from life to life. */
  readonly name: WorkerName;
  readonly slots: number;
  /** Where others fetch regions from it; the shell's business. */
  readonly address: string;
  /** Labels of `mapHosts` that are near to it; empty if it has none. */
  readonly host: string;
  readonly rack: string;
}

/** A worker is gone, and with it the map outputs on its disk. This life of it never comes back. */
export interface LoseWorker {
  readonly type: "lose-worker";
  readonly worker: WorkerId;
  /** It was told to end, and said so: no task is to blame for that. */
  readonly hasLeft?: boolean;
}

/** A task gets an attempt on a worker: an idle one its only, one in progress a second. */
export interface AssignTask extends AttemptRef {
  readonly type: "assign-task";
  readonly worker: WorkerId;
  /** Whether it is the second of two. */
  readonly backup: boolean;
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

/** An attempt has to make way. Nothing is counted against its task. */
export interface KillAttempt extends AttemptRef {
  readonly type: "kill-attempt";
}

/** The output of a completed map cannot be fetched, though its worker lives. */
export interface LoseMapOutput {
  readonly type: "lose-map-output";
  readonly job: JobId;
  readonly task: TaskIndex;
  /** The attempt whose output it was; another one's is not meant. */
  readonly attempt: AttemptRef["attempt"];
}

/** The user does not want the job any more. */
export interface CancelJob {
  readonly type: "cancel-job";
  readonly job: JobId;
}

/**
 * An ended job leaves the state. Nothing is kept of it: whoever submits sees to it that a late
 * `submit-job` of it does not begin it anew.
 */
export interface ForgetJob {
  readonly type: "forget-job";
  readonly job: JobId;
}
