/**
 * Commands as tests want them: short, with everything that does not matter filled in.
 */

import {
  attemptNumber,
  type JobId,
  jobId,
  taskIndex,
  type WorkerId,
  workerId,
  workerName,
} from "../../../src/base/ids.ts";
import type { Failure } from "../../../src/job/failure.ts";
import type { AttemptRef, Command, SubmitJob } from "../../../src/scheduler/command.ts";
import type { Phase } from "../../../src/scheduler/state.ts";

export const JOB = jobId("job");

/** A job of so many tasks; without `limits` given, it bears almost anything. */
export function submit(
  mapTasks: number,
  reduceTasks: number,
  options: Partial<Omit<SubmitJob, "limits">> & { limits?: Partial<SubmitJob["limits"]> } = {},
): SubmitJob {
  const { limits, ...rest } = options;
  return {
    type: "submit-job",
    job: JOB,
    mapTasks,
    reduceTasks,
    skipped: 0,
    priority: 0,
    slowStart: 1,
    speculation: false,
    mapHosts: [],
    ...rest,
    limits: { attemptsMax: 4, deathsMax: 1000, skippedMax: 0, ...limits },
  };
}

/** A life of a worker; its name is what stands before the "#". */
export function register(id: string, slots = 2, place: { host?: string; rack?: string } = {}) {
  return {
    type: "register-worker",
    worker: workerId(id),
    name: workerName(id.split("#")[0]!),
    slots,
    address: `${id}:1`,
    host: "",
    rack: "",
    ...place,
  } satisfies Command;
}

export function lose(id: string): Command {
  return { type: "lose-worker", worker: workerId(id) };
}

/** Names an attempt: `ref("map", 3, 0)`. */
export function ref(phase: Phase, task: number, attempt: number, job: JobId = JOB): AttemptRef {
  return { job, phase, task: taskIndex(task), attempt: attemptNumber(attempt) };
}

export function assign(attempt: AttemptRef, worker: WorkerId | string, backup = false): Command {
  return { type: "assign-task", ...bare(attempt), worker: workerId(worker), backup };
}

export function succeed(attempt: AttemptRef, skipped = 0): Command {
  const { phase, task, attempt: number } = attempt;
  const result = `${phase} ${task} ${number}`;
  return { type: "succeed-attempt", ...bare(attempt), result, skipped, lastSkipped: undefined };
}

export function fail(attempt: AttemptRef, failed = failure("no"), fatal = false): Command {
  return { type: "fail-attempt", ...bare(attempt), failure: failed, fatal };
}

export function kill(attempt: AttemptRef): Command {
  return { type: "kill-attempt", ...bare(attempt) };
}

export function loseOutput({ job, task, attempt }: AttemptRef): Command {
  return { type: "lose-map-output", job, task, attempt };
}

export function failure(
  message: string,
  ordinal?: number,
  kind: Failure["kind"] = "failed",
): Failure {
  const record =
    ordinal === undefined ? undefined : { ordinal, file: "f", offset: ordinal, excerpt: "" };
  return { kind, code: "USER_CODE", message, stack: "", codeFrame: undefined, record, logTail: "" };
}

function bare({ job, phase, task, attempt }: AttemptRef): AttemptRef {
  return { job, phase, task, attempt };
}
