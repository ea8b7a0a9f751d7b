/**
 * What clients ask about jobs, in messages, and what they are answered.
 */

import type { JobId, WorkerName } from "../../base/ids.ts";
import {
  ATTEMPTS_MAX_LIMIT,
  JOB_NAME_CHARS_MAX,
  PARTITIONS_MAX,
  SLOT_MEMORY_BYTES_MAX,
  SLOT_MEMORY_BYTES_MIN,
  SPLIT_BYTES_MIN,
  TASK_TIMEOUT_MS_MAX,
  TASK_TIMEOUT_MS_MIN,
} from "../../base/limits.ts";
import type { AttemptEnded, JobEnded, PhaseProgress, StepLabel } from "../../job/report.ts";
import * as wire from "../generated/sheaf/v1/job.ts";
import * as limits from "../limits.ts";
import {
  type AnyAttemptRef,
  attemptFromWire,
  attemptToWire,
  jobFromWire,
  workerFromWire,
} from "./attempt.ts";
import * as check from "./checks.ts";
import {
  attemptEndedFromWire,
  attemptEndedToWire,
  endedFromWire,
  endedToWire,
  phaseProgressFromWire,
  stepFromWire,
  stepToWire,
} from "./event.ts";
import { environmentFromWire, paramsFromWire } from "./task.ts";

/** A job as a client wants it. What is undefined is the master's to choose. */
export interface JobSpec {
  readonly name: string;
  /** SHA-256 of the bundle's bytes, in hexadecimal. */
  readonly bundle: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly overwrite: boolean;
  /** `RawParams` as MessagePack. */
  readonly params: Uint8Array;
  readonly environment: Readonly<Record<string, string>>;
  readonly partitions: number | undefined;
  readonly splitBytes: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly skipBadRecords: number | undefined;
  readonly taskTimeoutMs: number | undefined;
  readonly attemptsMax: number | undefined;
  readonly priority: number;
  /** Share of the maps, 0 to 1, before the first reduce starts. */
  readonly slowStart: number | undefined;
}

/** A job, and the name by which asking again is known. */
export interface Submission {
  /** 16 random characters or more, the same at every try. */
  readonly submission: string;
  readonly spec: JobSpec;
}

export type JobStanding = "pending" | "running" | "succeeded" | "failed" | "cancelled";

/** A job on one line. */
export interface JobSummary {
  readonly job: JobId;
  readonly name: string;
  readonly state: JobStanding;
  /** By the leader's clock, since 1970. */
  readonly submittedMs: number;
  readonly endedMs: number | undefined;
  readonly priority: number;
  readonly map: PhaseProgress;
  readonly reduce: PhaseProgress;
  readonly runningAttempts: number;
  readonly output: string;
}

/** All about a job. */
export interface JobReport {
  readonly summary: JobSummary;
  readonly step: StepLabel;
  readonly running: readonly RunningAttempt[];
  readonly failures: readonly (AttemptEnded & { readonly worker: WorkerName | undefined })[];
  readonly ended: JobEnded | undefined;
  readonly lastSequence: number;
}

export interface RunningAttempt {
  readonly attempt: AnyAttemptRef;
  readonly worker: WorkerName;
  readonly elapsedMs: number;
  readonly records: number;
  readonly bytes: number;
  readonly isBackup: boolean;
}

const STATES: Readonly<Record<JobStanding, wire.JobState>> = {
  pending: wire.JobState.PENDING,
  running: wire.JobState.RUNNING,
  succeeded: wire.JobState.SUCCEEDED,
  failed: wire.JobState.FAILED,
  cancelled: wire.JobState.CANCELLED,
};

const SUBMISSION_CHARS_MIN = 16;

export const stateToWire = (state: JobStanding) => check.numberOf(state, STATES);

export const stateFromWire = (field: string, state: number) => check.choice(field, state, STATES);

export function submissionToWire({ submission, spec }: Submission): wire.SubmitJobRequest {
  const { bundle, inputs, params, environment, ...rest } = spec;
  const job = {
    ...rest,
    bundleSha256: check.sha256Bytes(bundle),
    inputs: [...inputs],
    paramsMsgpack: params,
    environment: new Map(Object.entries(environment)),
  };
  return { submissionId: submission, job };
}

export function submissionFromWire(request: wire.SubmitJobRequest): Submission {
  return {
    submission: check.id("submission_id", request.submissionId, SUBMISSION_CHARS_MIN),
    spec: specFromWire(check.present("job", request.job)),
  };
}

function specFromWire(job: wire.JobSpec): JobSpec {
  const { count } = check;
  const optional = (field: string, value: number | undefined, most: number, least: number) =>
    value === undefined ? undefined : count(field, value, most, least);
  return {
    name: check.text("job.name", job.name, JOB_NAME_CHARS_MAX),
    bundle: check.sha256("job.bundle_sha256", job.bundleSha256),
    inputs: inputsFromWire("job.inputs", job.inputs),
    output: check.path("job.output", job.output, limits.PATH_CHARS_MAX),
    overwrite: job.overwrite,
    params: paramsFromWire("job.params_msgpack", job.paramsMsgpack),
    environment: environmentFromWire("job.environment", job.environment),
    partitions: optional("job.partitions", job.partitions, PARTITIONS_MAX, 1),
    splitBytes: optional(
      "job.split_bytes",
      job.splitBytes,
      Number.MAX_SAFE_INTEGER,
      SPLIT_BYTES_MIN,
    ),
    memoryBytes: optional(
      "job.memory_bytes",
      job.memoryBytes,
      SLOT_MEMORY_BYTES_MAX,
      SLOT_MEMORY_BYTES_MIN,
    ),
    skipBadRecords: optional(
      "job.skip_bad_records",
      job.skipBadRecords,
      Number.MAX_SAFE_INTEGER,
      0,
    ),
    taskTimeoutMs: optional(
      "job.task_timeout_ms",
      job.taskTimeoutMs,
      TASK_TIMEOUT_MS_MAX,
      TASK_TIMEOUT_MS_MIN,
    ),
    attemptsMax: optional("job.attempts_max", job.attemptsMax, ATTEMPTS_MAX_LIMIT, 1),
    priority: priorityFromWire("job.priority", job.priority),
    slowStart: job.slowStart === undefined ? undefined : share("job.slow_start", job.slowStart),
  };
}

function inputsFromWire(field: string, inputs: readonly string[]): string[] {
  const sumBytes = inputs.reduce((sum, input) => sum + Buffer.byteLength(input), 0);
  check.count(`${field}, in bytes,`, sumBytes, limits.INPUTS_BYTES_MAX);
  return check.list(field, inputs, limits.INPUTS_MAX, (name, input) =>
    check.path(name, input, limits.PATH_CHARS_MAX),
  );
}

function priorityFromWire(field: string, priority: number): number {
  return check.count(field, priority, limits.PRIORITY_MAX, -limits.PRIORITY_MAX);
}

function share(field: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw check.invalid(field, `is ${value}, which is not from 0 to 1`);
}

export function summaryToWire(summary: JobSummary): wire.JobSummary {
  const { job, state, map, reduce, ...rest } = summary;
  return {
    ...rest,
    jobId: job,
    state: stateToWire(state),
    submittedMs: Math.round(summary.submittedMs),
    map: { ...map },
    reduce: { ...reduce },
  };
}

export function summaryFromWire(field: string, summary: wire.JobSummary | undefined): JobSummary {
  const it = check.present(field, summary);
  return {
    job: jobFromWire(`${field}.job_id`, it.jobId),
    name: check.text(`${field}.name`, it.name, JOB_NAME_CHARS_MAX),
    state: stateFromWire(`${field}.state`, it.state),
    submittedMs: check.count(`${field}.submitted_ms`, it.submittedMs),
    endedMs: it.endedMs === undefined ? undefined : check.count(`${field}.ended_ms`, it.endedMs),
    priority: priorityFromWire(`${field}.priority`, it.priority),
    map: phaseProgressFromWire(`${field}.map`, it.map),
    reduce: phaseProgressFromWire(`${field}.reduce`, it.reduce),
    runningAttempts: check.count(`${field}.running_attempts`, it.runningAttempts),
    output: check.text(`${field}.output`, it.output, limits.PATH_CHARS_MAX),
  };
}

export function reportToWire(report: JobReport): wire.GetJobResponse {
  return {
    summary: summaryToWire(report.summary),
    step: stepToWire(report.step),
    running: report.running.map(({ attempt, worker, elapsedMs, ...rest }) => ({
      ...rest,
      attempt: attemptToWire(attempt),
      workerName: worker,
      elapsedMs: Math.round(elapsedMs),
    })),
    failures: report.failures.map((ended) => attemptEndedToWire(ended, ended.worker)),
    ended: report.ended && endedToWire(report.ended),
    lastSequence: report.lastSequence,
  };
}

export function reportFromWire(report: wire.GetJobResponse): JobReport {
  return {
    summary: summaryFromWire("summary", report.summary),
    step: stepFromWire("step", report.step),
    running: check.list("running", report.running, limits.LIST_ITEMS_MAX, runningFromWire),
    failures: check.list("failures", report.failures, limits.LIST_ITEMS_MAX, (field, ended) => ({
      ...attemptEndedFromWire(field, ended),
      worker:
        ended.workerName === "" ? undefined : workerFromWire(`${field}.worker`, ended.workerName),
    })),
    ended: report.ended && endedFromWire("ended", report.ended),
    lastSequence: check.count("last_sequence", report.lastSequence),
  };
}

function runningFromWire(field: string, running: wire.RunningAttempt): RunningAttempt {
  return {
    attempt: attemptFromWire(`${field}.attempt`, running.attempt),
    worker: workerFromWire(`${field}.worker_name`, running.workerName),
    elapsedMs: check.count(`${field}.elapsed_ms`, running.elapsedMs),
    records: check.count(`${field}.records`, running.records),
    bytes: check.count(`${field}.bytes`, running.bytes),
    isBackup: running.isBackup,
  };
}
