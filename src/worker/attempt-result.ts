/**
 * From what a slot answers to what the leader is told: results without paths, and failures with the
 * right one to blame.
 */

import { relative } from "node:path";
import { type ErrorCode, SheafError } from "../base/error.ts";
import { zeroTaskCounters } from "../job/counters.ts";
import { failureInWords } from "../job/failure.ts";
import type { AnyAttemptRef } from "../rpc/wire/attempt.ts";
import { columnsOf } from "../rpc/wire/region.ts";
import type { ReportedOutput, ReportedResult } from "../rpc/wire/result.ts";
import type { SlotAnswer } from "../slot/slot-message.ts";
import type { AnyTaskResult } from "../task/task-spec.ts";
import type { AttemptEnd } from "./ended-attempts.ts";
import { boundedFailure, boundedResult } from "./report-bounds.ts";

type Succeeded = Extract<SlotAnswer, { readonly type: "succeeded" }>;
type Failed = Extract<SlotAnswer, { readonly type: "failed" }>;

/** A success, as it is told. */
export function successEnd(attempt: AnyAttemptRef, { result, leftRunning }: Succeeded): AttemptEnd {
  const reported = boundedResult({ ...countedIn(result), leftRunning, output: outputOf(result) });
  return { type: "attempt-succeeded", attempt, result: reported };
}

function countedIn(result: AnyTaskResult): Omit<ReportedResult, "leftRunning" | "output"> {
  if (result.kind !== "sample") return result;
  const counters = { task: zeroTaskCounters(), user: {} };
  return { counters, spills: 0, bad: [], skipped: 0, lastSkipped: undefined, log: "" };
}

function outputOf(result: AnyTaskResult): ReportedOutput {
  switch (result.kind) {
    case "sample":
      return { kind: "sample", boundaries: result.boundaries };
    case "map":
      return { kind: "map", regions: columnsOf(result.output.regions) };
    case "reduce":
      return result.written;
  }
}

/** Failures of this machine: another one may do better, so they do not end the job at once. */
const MACHINE_CODES: ReadonlySet<ErrorCode> = new Set([
  "NO_SPACE",
  "OUTPUT_FAILED",
  "INPUT_MISSING",
  "INPUT_UNREADABLE",
  "STORE_DENIED",
]);

/** A failure that a slot has told. What happened to files of the worker's own is lost, not failed. */
export function failureEnd(
  attempt: AnyAttemptRef,
  { failure, fatal, path }: Failed,
  workFolder: string,
): AttemptEnd {
  const isOurs = path !== undefined && isBelow(workFolder, path);
  return {
    type: "attempt-failed",
    attempt,
    failure: boundedFailure(isOurs ? { ...failure, kind: "lost" } : failure),
    fatal: fatal && !isOurs && !MACHINE_CODES.has(failure.code),
  };
}

/** A failure before the job's own code has begun: what it needs cannot be had here. Bugs are thrown on. */
export function lostEnd(attempt: AnyAttemptRef, thrown: unknown): AttemptEnd {
  if (!(thrown instanceof SheafError)) throw thrown;
  const isJobs = thrown.code === "JOB_INVALID" || thrown.code === "MESSAGE_INVALID";
  const kind = isJobs ? "failed" : "lost";
  const failure = boundedFailure(failureInWords(kind, thrown.code, thrown.message));
  return { type: "attempt-failed", attempt, failure, fatal: isJobs };
}

/** The job's code has failed, or emitted, where nobody waited for it: its results are worth nothing. */
export function strayEnd(attempt: AnyAttemptRef, error: SheafError): AttemptEnd {
  const failure = boundedFailure(failureInWords("failed", error.code, error.message));
  return { type: "attempt-failed", attempt, failure, fatal: true };
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && !way.startsWith("..");
}
