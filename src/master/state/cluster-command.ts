/**
 * What the masters' log holds: the scheduler's commands, and those about jobs as clients know them. A
 * client's job may be a pipeline; each run of each of its steps is a job of the scheduler's.
 */

import type { JobId, MemberId, WorkerName } from "../../base/ids.ts";
import type { JobEvent, Progress, StepLabel } from "../../job/report.ts";
import type { StepOutcome } from "../../local/executor.ts";
import type { JobSpec } from "../../rpc/wire/job.ts";
import type { Command, SubmitJob, SucceedAttempt } from "../../scheduler/command.ts";

/** See the head of this file. */
export type ClusterCommand =
  | Exclude<Command, SucceedAttempt>
  | TaskSucceeded
  | AcceptJob
  | BeginStep
  | EndStep
  | RecordEvent
  | RequestCancel
  | SetMemberAddress;

/** The scheduler's, with a result that is packed (task-result.ts). */
export interface TaskSucceeded extends SucceedAttempt {
  readonly result: Uint8Array;
}

/** A client wants a job run. The first of its submission id is taken, later ones are the same job. */
export interface AcceptJob {
  readonly type: "accept-job";
  readonly job: JobId;
  readonly submission: string;
  readonly spec: JobSpec;
  /** Names what the job writes before it is published: 16 hexadecimal digits. */
  readonly outputId: string;
  /** Slots of the cluster when it was taken: splits depend on it, and must not when planned again. */
  readonly slots: number;
  readonly timeMs: number;
}

/** A step is planned, and its tasks may be assigned. */
export interface BeginStep {
  readonly type: "begin-step";
  readonly job: JobId;
  readonly label: StepLabel;
  /** Names the plan: made again after a change of leader, it must be the same. */
  readonly planHash: string;
  /** Where partitions begin, if the step partitions by range. */
  readonly boundaries: readonly Uint8Array[] | undefined;
  readonly submit: SubmitJob;
}

/** All tasks of a step are completed; what it made is kept in their place. */
export interface EndStep {
  readonly type: "end-step";
  readonly job: JobId;
  readonly label: StepLabel;
  readonly outcome: StepOutcome;
  readonly totals: StepTotals | undefined;
}

/** How far the tasks of a step had come when it ended. */
export type StepTotals = Pick<Progress, "map" | "reduce">;

/** Something happened that whoever watches the job is told; `job-ended` ends it. */
export interface RecordEvent {
  readonly type: "record-event";
  readonly job: JobId;
  readonly event: JobEvent;
  readonly timeMs: number;
  readonly worker: WorkerName | undefined;
  /** With `job-ended`: of the step that it ended in. */
  readonly totals: StepTotals | undefined;
}

/** The client does not want the job any more. It ends when what it had begun is undone. */
export interface RequestCancel {
  readonly type: "request-cancel";
  readonly job: JobId;
}

/** A master of the group is called at another address than its flags say, or is gone. */
export interface SetMemberAddress {
  readonly type: "set-member-address";
  readonly member: MemberId;
  /** "host:port"; undefined if it is none of the group's any more. */
  readonly address: string | undefined;
}
