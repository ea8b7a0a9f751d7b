import { describe, expect, test } from "vitest";
import { attemptNumber, incarnation, jobId, taskIndex, term } from "../base/ids.ts";
import { ATTEMPT_LOG_BYTES_MAX } from "../base/limits.ts";
import { zeroTaskCounters } from "../job/counters.ts";
import type { Failure } from "../job/failure.ts";
import { MESSAGE_BYTES_MAX } from "../rpc/limits.ts";
import type { AnyAttemptRef } from "../rpc/wire/attempt.ts";
import { fromWorkerForm, type WorkerMessage } from "../rpc/wire/from-worker.ts";
import { boundedFailure, boundedResult } from "./report-bounds.ts";

const attempt: AnyAttemptRef = {
  ...{ job: jobId("j"), phase: "map", task: taskIndex(0), attempt: attemptNumber(0) },
};

/** Each character takes three bytes on the wire. */
const long = (chars: number) => "€".repeat(chars);

const FAILURE: Failure = {
  kind: "failed",
  code: "USER_CODE",
  message: long(1_000_000),
  stack: long(1_000_000),
  codeFrame: long(1_000_000),
  record: { ordinal: 1, file: long(100_000), offset: 1, excerpt: long(100_000) },
  logTail: `${long(2_000_000)}the end`,
};

/** As the leader would take it. Throws if it would not. */
function taken(message: WorkerMessage): WorkerMessage {
  const bytes = fromWorkerForm.encode({ term: term(1), incarnation: incarnation("i"), message });
  expect(bytes.length).toBeLessThan(MESSAGE_BYTES_MAX);
  return fromWorkerForm.decode(bytes).message;
}

describe("what a worker reports fits a message", () => {
  test("however much a failure says", () => {
    const failure = boundedFailure(FAILURE);
    expect(taken({ type: "attempt-failed", attempt, failure, fatal: false })).toMatchObject({
      failure: { code: "USER_CODE", message: expect.stringMatching(/^€+\.\.\.$/) },
    });
    expect(failure.logTail.endsWith("the end")).toBe(true);
  });

  test("however much a result holds", () => {
    const bad = Array.from({ length: 20_000 }, (_, i) => ({
      ...{ phase: "map" as const, task: 0, file: long(5000), offset: i },
      ...{ record: long(5000), error: long(500) },
    }));
    const user = Object.fromEntries([
      [`${long(2000)}a`, 1],
      [`${long(2000)}b`, 2],
      ["short", 3],
    ]);
    const result = boundedResult({
      counters: { task: zeroTaskCounters(), user },
      spills: 0,
      bad,
      skipped: 20_000,
      lastSkipped: FAILURE,
      log: long(ATTEMPT_LOG_BYTES_MAX + 100),
      leftRunning: [long(5000)],
      output: { kind: "sample", boundaries: [] },
    });
    const told = taken({ type: "attempt-succeeded", attempt, result });
    expect(told).toMatchObject({ result: { skipped: 20_000 } });
    expect(result.bad.length).toBeGreaterThan(10);
    // No count is lost, even where two names have become one.
    expect(Object.values(result.counters.user).sort()).toEqual([3, 3]);
  });

  test("and what fits already stays as it is", () => {
    const failure: Failure = { ...FAILURE, message: "m", stack: "s", codeFrame: "c", logTail: "l" };
    const small = { ...failure, record: { ordinal: 1, file: "f", offset: 1, excerpt: "e" } };
    expect(boundedFailure(small)).toEqual(small);
  });
});
