/**
 * What is sent arrives as it was, and what nobody sends is refused with `MESSAGE_INVALID`, whatever
 * bytes there are.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as sample from "../../../test/support/message-samples.ts";
import { SheafError } from "../../base/error.ts";
import { jobId } from "../../base/ids.ts";
import { zeroTaskCounters } from "../../job/counters.ts";
import { SessionRequest } from "../generated/sheaf/v1/worker.ts";
import { statusForm } from "./cluster.ts";
import type { Form } from "./form.ts";
import { fromMasterForm } from "./from-master.ts";
import { fromWorkerForm } from "./from-worker.ts";
import * as calls from "./job-calls.ts";
import { saidMessageForm } from "./raft.ts";
import { regionRequestForm } from "./region-calls.ts";

interface Case {
  readonly form: Form<unknown>;
  readonly messages: fc.Arbitrary<unknown>;
}

function caseOf<T>(form: Form<T>, messages: fc.Arbitrary<T>): Case {
  return { form: form as Form<unknown>, messages };
}

const CASES: readonly (readonly [string, Case])[] = [
  ["a worker's message", caseOf(fromWorkerForm, sample.fromWorker)],
  ["a master's message", caseOf(fromMasterForm, sample.fromMaster)],
  ["a submission", caseOf(calls.submitForm, sample.submission)],
  ["an event", caseOf(calls.eventForm, sample.event)],
  ["a job's report", caseOf(calls.reportForm, sample.report)],
  [
    "a page of jobs",
    caseOf(
      calls.pageForm,
      fc.record({
        jobs: fc.array(sample.summary, { maxLength: 3 }),
        nextPageToken: fc.base64String(),
      }),
    ),
  ],
  ["the cluster's status", caseOf(statusForm, sample.clusterStatus)],
  ["a request for a region", caseOf(regionRequestForm, sample.regionRequest)],
  ["a message between masters", caseOf(saidMessageForm, sample.saidMessage)],
];

describe.each(CASES)("%s", (_name, { form, messages }) => {
  test("arrives as it was sent", () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(form.decode(form.encode(message))).toEqual(message);
      }),
    );
  });

  test("is taken or refused, and nothing else, when its bytes are damaged", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(messages, damage, fc.nat({ max: 40 }), (message, changes, cut) => {
        const bytes = Buffer.from(form.encode(message));
        if (bytes.length === 0) return;
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        takeOrRefuse(form, bytes.subarray(0, Math.max(0, bytes.length - cut)));
      }),
    );
  });

  test("is taken or refused, and nothing else, for any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => takeOrRefuse(form, bytes)));
  });
});

/** What is taken is sent on as it is, so it must be within bounds after a second trip. */
function takeOrRefuse(form: Form<unknown>, bytes: Uint8Array): void {
  let message: unknown;
  try {
    message = form.decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(SheafError);
    expect(error).toMatchObject({ code: "MESSAGE_INVALID" });
    return;
  }
  expect(form.decode(form.encode(message))).toEqual(message);
}

describe("a message is refused", () => {
  const attempt = { job: jobId("job-1"), phase: "map", task: 0, attempt: 0 };
  const fromWorker = (message: object) => ({ term: 1, incarnation: "i1", message });
  const killed = (change: object) =>
    fromWorker({ type: "attempt-killed", attempt: { ...attempt, ...change } });
  const register = (change: object) =>
    fromWorker({
      type: "register",
      worker: "w1",
      regionAddress: "127.0.0.1:7078",
      slots: 2,
      slotMemoryBytes: 256 * 2 ** 20,
      host: "",
      rack: "",
      version: "1",
      running: [],
      ended: [],
      jobs: [],
      ...change,
    });
  const succeeded = (regions: object) =>
    fromWorker({
      type: "attempt-succeeded",
      attempt,
      result: {
        ...{
          counters: { task: zeroTaskCounters(), user: {} },
          spills: 0,
          bad: [],
          skipped: 0,
          log: "",
        },
        ...{ lastSkipped: undefined, leftRunning: [], output: { kind: "map", regions } },
      },
    });

  test.each([
    ["a job named by a path", killed({ job: "../../etc" }), /job_id is "\.\.\/\.\.\/etc"/],
    ["a job with no name", killed({ job: "" }), /job_id/],
    ["a job whose name is hidden", killed({ job: ".hidden" }), /job_id/],
    ["a job whose name holds a NUL", killed({ job: "a\0b" }), /job_id/],
    ["a job with a long name", killed({ job: "j".repeat(129) }), /job_id/],
    ["a task that is too far", killed({ task: 1_000_000 }), /task is 1000000/],
    ["an attempt that is too far", killed({ attempt: 4_000_000_000 }), /attempt is 4000000000/],
    ["no slots", register({ slots: 0 }), /slots is 0/],
    ["absurd memory", register({ slotMemoryBytes: 2 ** 50 }), /slot_memory_bytes/],
    ["a region server without a port", register({ regionAddress: "host" }), /region_address/],
    ["a region server on port 0", register({ regionAddress: "host:0" }), /region_address/],
    ["a region server that is a path", register({ regionAddress: "unix:/x" }), /region_address/],
    ["a worker named by a path", register({ worker: "a/b" }), /worker_name/],
    ["too many jobs", register({ jobs: Array(10_001).fill("j") }), /job_ids has 10001 items/],
    [
      "regions in columns of different lengths",
      succeeded({ lengthBytes: [0, 0], records: [0], blockBytesMax: [0] }),
      /columns of different lengths/,
    ],
    [
      "a region with a block larger than itself",
      succeeded({ lengthBytes: [10], records: [1], blockBytesMax: [11] }),
      /result.map is 11/,
    ],
    [
      "a region with a block larger than any",
      succeeded({ lengthBytes: [2 ** 40], records: [1], blockBytesMax: [2 ** 39] }),
      /result.map is/,
    ],
    [
      "a region with bytes and no records",
      succeeded({ lengthBytes: [10], records: [0], blockBytesMax: [10] }),
      /10 bytes, 0 records/,
    ],
    [
      "regions that no file holds together",
      succeeded({
        ...{ lengthBytes: [2 ** 53 - 1, 2 ** 53 - 1], records: [1, 1], blockBytesMax: [1, 1] },
      }),
      /in sum/,
    ],
  ])("with %s", (_what, message, problem) => {
    const bytes = fromWorkerForm.encode(message as never);
    expect(() => fromWorkerForm.decode(bytes)).toThrow(problem);
  });

  test.each([0, 4, -1, 2 ** 31 - 1])("with a phase that is none of this version: %d", (phase) => {
    const value = { attempt: { jobId: "j", phase: phase as 1, task: 0, attempt: 0 } };
    const message = { $case: "attemptKilled", value } as const;
    const bytes = SessionRequest.encode({ term: 1, incarnation: "i", message }).finish();
    expect(() => fromWorkerForm.decode(bytes)).toThrow(`phase is the unknown value ${phase}`);
  });

  test("without anything said", () => {
    const bytes = SessionRequest.encode({ term: 1, incarnation: "i", message: undefined }).finish();
    expect(() => fromWorkerForm.decode(bytes)).toThrow("message is missing");
  });

  test("that nests groups without end", () => {
    const nested = Buffer.alloc(1_000_000, 0x0b);
    expect(() => fromWorkerForm.decode(nested)).toThrow(SheafError);
  });

  test("with a number that cannot be counted exactly", () => {
    const bytes = Buffer.from("08ffffffffffffffffff01", "hex");
    expect(() => fromWorkerForm.decode(bytes)).toThrow(/Cannot read a message/);
  });

  test("with text that is not UTF-8", () => {
    const bytes = Buffer.from("1202fffe", "hex");
    expect(() => fromWorkerForm.decode(bytes)).toThrow(SheafError);
  });
});
