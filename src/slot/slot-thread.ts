/**
 * The thread of a slot: loads the job once, then runs one attempt after the other and answers with
 * its result or its failure. User code runs here and nowhere else (but for `--inline`).
 */

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../base/assert.ts";
import { type ErrorCode, messageOf, SheafError } from "../base/error.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import { type LoadedJob, loadBundle, loadRuntimeAhead } from "../bundle/load-bundle.ts";
import { describeUserError } from "../bundle/user-error.ts";
import { type Failure, failureInWords } from "../job/failure.ts";
import { type RawParams, validateParams } from "../job/params.ts";
import { AttemptLog, tailOf } from "../task/attempt-log.ts";
import { LateEmit } from "../task/emit-gate.ts";
import { type AttemptEnvironment, runMapAttempt } from "../task/map-attempt.ts";
import { ProgressCells } from "../task/progress.ts";
import {
  isFatal,
  isRecordsFault,
  RecordFailure,
  rootOf,
  TooManyBadRecords,
} from "../task/record-failure.ts";
import { runReduceAttempt } from "../task/reduce-attempt.ts";
import { bringRun } from "../task/run-handover.ts";
import { runSampleAttempt } from "../task/sample-attempt.ts";
import type { AnyTaskResult, AnyTaskSpec } from "../task/task-spec.ts";
import { HeapWall, outOfMemoryWords } from "./heap-wall.ts";
import { LeftRunning } from "./left-running.ts";
import type { SlotAnswer, SlotData, SlotReport, SlotRequest } from "./slot-message.ts";

assert(parentPort !== null, "slot-thread.ts runs as a worker thread");
const port = parentPort;
const endThread = process.exit.bind(process);
const { progress: cells, heapMiB } = workerData as SlotData;
const wall = new HeapWall(heapMiB);
const progress = new ProgressCells(cells, lookAtHeap);
const log = new AttemptLog();
let bundle: JobBundle | undefined;
let loading: Promise<LoadedJob> | undefined;
let params: RawParams = {};

loadRuntimeAhead();
log.capture();
// Deep dependencies would hide the user's frame behind ten of their own.
Error.stackTraceLimit = 30;
process.exit = exit;
process.on("uncaughtException", (thrown) => die(uncaught(thrown), thrown instanceof LateEmit));
port.on("message", (request: SlotRequest) => {
  switch (request.type) {
    case "load":
      params = request.params;
      bundle = request.bundle;
      loading = loadWithoutWarning(request.bundle);
      return;
    case "run":
      void runTask(request.spec).then(tell);
      return;
  }
});

function tell(report: SlotReport): void {
  port.postMessage(report);
}

/** Ends the thread with what it has to say; whoever watches it knows at which record it was. */
function die(failure: Failure, fatal: boolean): never {
  tell({ type: "died", failure, fatal });
  return endThread(1);
}

/** Called between records and values. What fills the heap may be the module's own, so it goes too. */
function lookAtHeap(): void {
  if (!wall.isPassed()) return;
  const failure = failureInWords("failed", "THREAD_DIED", outOfMemoryWords(heapMiB));
  die({ ...failure, logTail: tailOf(log.take()) }, false);
}

/** In place of `process.exit`, which would leave nobody the line that called it. */
function exit(code?: number | string | null): never {
  const words = `The job's code called process.exit(${code ?? ""}).`;
  return die(describe(new SheafError("THREAD_DIED", words), tailOf(log.take())), false);
}

/** What a promise that nobody awaits, or a callback, has thrown. */
function uncaught(thrown: unknown): Failure {
  const failure = describe(thrown, tailOf(log.take()));
  return { ...failure, message: `An error that nothing caught: ${failure.message}` };
}

/** Whoever runs a task learns of a failure to load; until then it must not count as unhandled. */
function loadWithoutWarning(bundle: JobBundle): Promise<LoadedJob> {
  const promise = loadBundle(bundle);
  void promise.catch(() => undefined);
  return promise;
}

async function runTask(spec: AnyTaskSpec): Promise<SlotAnswer> {
  progress.reset();
  try {
    assert(loading !== undefined, "a job is loaded before its tasks run");
    const loaded = await loading;
    const left = new LeftRunning();
    const result = await attempt(loaded, spec);
    return { type: "succeeded", result, leftRunning: await left.settle() };
  } catch (thrown) {
    return {
      type: "failed",
      failure: describe(thrown, tailOf(log.take())),
      fatal: isFatal(thrown),
      path: pathOf(thrown),
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
    bring: (run) => bringRun(run, spec, () => progress.step()),
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
  const lastSkipped = lastRefused === undefined ? undefined : describe(lastRefused, tailOf(text));
  return { ...result, log: text, lastSkipped };
}

/** A thrown thing as plain data, on the user's own line where it came from the user's code. */
function describe(thrown: unknown, logTail: string): Failure {
  const record = thrown instanceof RecordFailure ? thrown.origin : undefined;
  const root = rootOf(thrown);
  const { message, stack, codeFrame } =
    bundle === undefined || saysAll(root)
      ? { message: messageOf(root), stack: "", codeFrame: undefined }
      : describeUserError(root, bundle);
  return { kind: "failed", code: codeOf(thrown), message, stack, codeFrame, record, logTail };
}

/** Of a full disk or a damaged file no line of the job's is the cause. */
function saysAll(root: unknown): boolean {
  return root instanceof SheafError && root.code !== "THREAD_DIED" && !isRecordsFault(root);
}

function pathOf(thrown: unknown): string | undefined {
  const root = rootOf(thrown);
  const path = root instanceof SheafError ? root.data.path : undefined;
  return typeof path === "string" ? path : undefined;
}

function codeOf(thrown: unknown): ErrorCode {
  if (thrown instanceof TooManyBadRecords) return "TOO_MANY_BAD_RECORDS";
  const root = rootOf(thrown);
  return root instanceof SheafError ? root.code : "USER_CODE";
}
