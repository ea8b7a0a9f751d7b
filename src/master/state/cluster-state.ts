/**
 * What the masters have agreed on: a fold of the log's commands over an empty state, the same at each
 * of them. Plain data; see apply-command.ts for how it changes.
 */

import { assert } from "../../base/assert.ts";
import {
  type Incarnation,
  incarnation,
  type JobId,
  jobId,
  type MemberId,
  type WorkerId,
  workerId,
} from "../../base/ids.ts";
import type { JobEnded, StepLabel } from "../../job/report.ts";
import type { StepOutcome } from "../../local/executor.ts";
import type { NumberedEvent } from "../../rpc/wire/event.ts";
import type { JobSpec, JobStanding } from "../../rpc/wire/job.ts";
import type { AttemptRef } from "../../scheduler/command.ts";
import {
  attemptOf,
  emptyState,
  type SchedulerState,
  type WorkerState,
} from "../../scheduler/state.ts";
import type { StepTotals } from "./cluster-command.ts";

/** See the head of this file. */
export interface ClusterState {
  readonly scheduler: SchedulerState;
  /** In the order in which they were taken. */
  readonly jobs: Map<JobId, ClusterJob>;
  /** By submission id. */
  readonly submissions: Map<string, JobId>;
  /** Where masters are that have come since the group began. */
  readonly members: Map<MemberId, string>;
}

/** A job as a client knows it. */
export interface ClusterJob {
  readonly id: JobId;
  readonly submission: string;
  readonly spec: JobSpec;
  readonly outputId: string;
  readonly slots: number;
  readonly submittedMs: number;
  standing: JobStanding;
  isCancelled: boolean;
  /** The steps that have ended, in order. */
  steps: { readonly label: StepLabel; readonly outcome: StepOutcome }[];
  current: CurrentStep | undefined;
  /** Of the step that ended last. */
  totals: StepTotals | undefined;
  /** What watchers are told, numbered from 1 without a gap. */
  readonly events: NumberedEvent[];
  ended: { readonly event: JobEnded; readonly timeMs: number } | undefined;
}

/** The step that runs. */
export interface CurrentStep {
  readonly label: StepLabel;
  readonly planHash: string;
  readonly boundaries: readonly Uint8Array[] | undefined;
}

/** Masters that have agreed on nothing yet. */
export function emptyClusterState(): ClusterState {
  return {
    scheduler: emptyState(),
    jobs: new Map(),
    submissions: new Map(),
    members: new Map(),
  };
}

/** The scheduler's name of a run of a step. */
export function stepJobId(job: JobId, { step, iteration }: StepLabel): JobId {
  return jobId(`${job}.${step}.${iteration}`);
}

/** The client's job that a scheduler's job is a step of. */
export function ownerOf(stepJob: JobId): JobId {
  return jobId(stepJob.split(".")[0]!);
}

/** What the client wanted of whom a scheduler's job is a step. */
export function specOf(state: ClusterState, stepJob: JobId): JobSpec {
  const job = state.jobs.get(ownerOf(stepJob));
  assert(job !== undefined, "the step of a job is gone when its job is");
  return job.spec;
}

/** A life of a worker that has registered and was not given up. */
export function workerOf({ scheduler }: ClusterState, life: Incarnation): WorkerState | undefined {
  return scheduler.workers.live.get(workerId(life));
}

/** The life that the scheduler knows as a worker of its own. */
export function lifeOf(worker: WorkerId): Incarnation {
  return incarnation(worker);
}

/** The worker on which an attempt runs; undefined if it does not run. */
export function workerRunning({ scheduler }: ClusterState, ref: AttemptRef): WorkerId | undefined {
  const attempt = attemptOf(scheduler, ref);
  return attempt?.state === "running" ? attempt.worker : undefined;
}

/** Whether an attempt runs. */
export function isRunning(state: ClusterState, ref: AttemptRef): boolean {
  return workerRunning(state, ref) !== undefined;
}
