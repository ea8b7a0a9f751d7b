/**
 * The thread of a slot: loads the job once, then runs one attempt after the other and answers with
 * its result or its failure. User code runs here and nowhere else (but for `--inline`).
 */

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../base/assert.ts";
import { messageOf, SheafError } from "../base/error.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import { type LoadedJob, loadBundle } from "../bundle/load-bundle.ts";
import { describeUserError } from "../bundle/user-error.ts";
import type { Failure } from "../job/failure.ts";
import { type RawParams, validateParams } from "../job/params.ts";
import { AttemptLog, tailOf } from "../task/attempt-log.ts";
import { type AttemptEnvironment, runMapAttempt } from "../task/map-attempt.ts";
import { ProgressCells } from "../task/progress.ts";
import { isFatal, RecordFailure } from "../task/record-failure.ts";
import { runReduceAttempt } from "../task/reduce-attempt.ts";
import { runSampleAttempt } from "../task/sample-attempt.ts";
import type { AnyTaskResult, AnyTaskSpec } from "../task/task-spec.ts";
import type { SlotAnswer, SlotData, SlotRequest } from "./slot-message.ts";

assert(parentPort !== null, "slot-thread.ts runs as a worker thread");
const port = parentPort;
const progress = new ProgressCells((workerData as SlotData).progress);
const log = new AttemptLog();
let loading: Promise<LoadedJob> | undefined;
let params: RawParams = {};

log.capture();
// Deep dependencies would hide the user's frame behind ten of their own.
Error.stackTraceLimit = 30;
port.on("message", (request: SlotRequest) => {
  switch (request.type) {
    case "load":
      params = request.params;
      loading = loadWithoutWarning(request.bundle);
      return;
    case "run":
      void runTask(request.spec).then((answer) => port.postMessage(answer));
      return;
  }
});

/** Whoever runs a task learns of a failure to load; until then it must not count as unhandled. */
function loadWithoutWarning(bundle: JobBundle): Promise<LoadedJob> {
  const promise = loadBundle(bundle);
  void promise.catch(() => undefined);
  return promise;
}

async function runTask(spec: AnyTaskSpec): Promise<SlotAnswer> {
  progress.reset();
  let loaded: LoadedJob | undefined;
  try {
    assert(loading !== undefined, "a job is loaded before its tasks run");
    loaded = await loading;
    return { type: "succeeded", result: await attempt(loaded, spec) };
  } catch (thrown) {
    return {
      type: "failed",
      failure: describe(thrown, loaded, tailOf(log.take())),
      fatal: isFatal(thrown),
    };
  }
}

async function attempt(loaded: LoadedJob, spec: AnyTaskSpec): Promise<AnyTaskResult> {
  const step = loaded.steps[spec.step];
  assert(step !== undefined, "a task names a step of its job");
  const job = step.job.definition;
  const environment: AttemptEnvironment = {
    job,
    params: await validateParams(job.params, job.params === undefined ? {} : params),
    progress,
  };
  if (spec.kind === "sample") {
    const boundaries = await runSampleAttempt(spec, environment);
    log.take();
    return { kind: "sample", boundaries };
  }
  const { lastRefused, ...result } =
    spec.kind === "map"
      ? await runMapAttempt(spec, environment)
      : await runReduceAttempt(spec, environment);
  const text = log.take();
  const lastSkipped =
    lastRefused === undefined ? undefined : describe(lastRefused, loaded, tailOf(text));
  return { ...result, log: text, lastSkipped };
}

/** A thrown thing as plain data, on the user's own line where it came from the user's code. */
function describe(thrown: unknown, loaded: LoadedJob | undefined, logTail: string): Failure {
  const record = thrown instanceof RecordFailure ? thrown.origin : undefined;
  const cause = thrown instanceof RecordFailure ? thrown.cause : thrown;
  const code = cause instanceof SheafError ? cause.code : "USER_CODE";
  if (loaded === undefined) {
    return {
      kind: "failed",
      code,
      message: messageOf(cause),
      stack: "",
      codeFrame: undefined,
      record,
      logTail,
    };
  }
  const { message, stack, codeFrame } = describeUserError(cause, loaded.bundle);
  return { kind: "failed", code, message, stack, codeFrame, record, logTail };
}
