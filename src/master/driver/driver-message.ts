/**
 * What a leader and the driver of a job say to each other. Plain data: a driver has a thread of its
 * own, because it runs functions of the job.
 */

import type { ErrorCode } from "../../base/error.ts";
import type { AttemptLabel } from "../../job/context.ts";
import type { BadRecord } from "../../job/failure.ts";
import type { JobEvent } from "../../job/report.ts";
import type { StepOutcome, StepPlan } from "../../local/executor.ts";
import type { InputPlaces } from "../../local/input-places.ts";
import type { JobSpec } from "../../rpc/wire/job.ts";
import type { S3Location } from "../../s3/s3-url.ts";
import type { Verdict } from "../../scheduler/state.ts";
import type { Written } from "../../task/task-spec.ts";

/** What a driver is started with. */
export interface DriverData {
  readonly spec: JobSpec;
  readonly bundle: Uint8Array;
  readonly outputId: string;
  readonly slots: number;
  readonly submittedMs: number;
  /** Another leader's driver had begun the job: go on with the output that it prepared. */
  readonly isResumed: boolean;
  readonly isCancelled: boolean;
}

/** What of a step's plan is plain data. */
type PlanData = Pick<
  StepPlan,
  | "label"
  | "splits"
  | "windows"
  | "partitions"
  | "runs"
  | "inputBytes"
  | "previous"
  | "skippedMax"
  | "skipped"
>;

/** A step as the leader needs to know it. */
export interface PlannedStep extends PlanData {
  /** Where map tasks had best run, which may be another place when the plan is made again. */
  readonly mapHosts: InputPlaces["byLabel"];
  /** The same for the same plan, wherever its input is. */
  readonly hash: string;
  readonly output: {
    readonly kind: "part" | "step";
    /** Where attempts write; of S3, where the job's output will be, or the step's runs. */
    readonly path: string;
    /** Of parts on S3, by partition. */
    readonly uploads: readonly S3Location[] | undefined;
  };
}

/** Leader to driver. */
export type ToDriver =
  /** Keep what an attempt leaves besides its result, under a private name, and say so. */
  | {
      readonly type: "keep";
      readonly id: number;
      readonly attempt: AttemptLabel;
      readonly bad: readonly BadRecord[];
      readonly log: string;
    }
  /** The attempt has won its task: publish what is to be published of it. */
  | {
      readonly type: "won";
      readonly attempt: AttemptLabel;
      /** How many attempts the task has had: each may have left something behind. */
      readonly attempts: number;
      readonly written: Written | undefined;
    }
  | { readonly type: "step-done"; readonly outcome: StepOutcome }
  | { readonly type: "step-failed"; readonly verdict: Verdict }
  /** The step cannot go on, and no attempt of the user's is to blame. */
  | { readonly type: "step-impossible"; readonly code: ErrorCode; readonly message: string }
  | { readonly type: "stop" };

/** Driver to leader. */
export type FromDriver =
  | { readonly type: "event"; readonly event: JobEvent }
  | { readonly type: "plan"; readonly plan: PlannedStep }
  | { readonly type: "kept"; readonly id: number };
