/**
 * What becomes of attempts whose job's code goes astray: in threads that do as a test says, because a
 * real one chooses its moment itself.
 */

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Bell } from "../../test/support/bell.ts";
import { HandClock, turn } from "../../test/support/hand-clock.ts";
import { attemptNumber, incarnation, jobId, taskIndex } from "../base/ids.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import { zeroTaskCounters } from "../job/counters.ts";
import type { Failure } from "../job/failure.ts";
import { packParams } from "../job/packed-params.ts";
import { RegionShelf } from "../rpc/regions/region-shelf.ts";
import type { AnyAttemptRef } from "../rpc/wire/attempt.ts";
import type { WorkerMessage } from "../rpc/wire/from-worker.ts";
import type { JobSetup } from "../rpc/wire/task.ts";
import type { SlotAnswer } from "../slot/slot-message.ts";
import type { AnyTaskSpec } from "../task/task-spec.ts";
import { Attempts } from "./attempts.ts";
import type { BundleStore } from "./bundle-store.ts";
import { FetchQueue } from "./fetch/fetch-queue.ts";
import { LifeFolder } from "./life-folder.ts";
import { Seats, type SlotThread } from "./seats.ts";
import { WorkerJob } from "./worker-job.ts";

/** Rings when a thread begins, and when something is said. */
const bell = new Bell();

class HandThread implements SlotThread {
  stray: Failure | undefined;
  late = 0;
  spec: AnyTaskSpec | undefined;
  isClosed = false;
  answer: (answer: SlotAnswer) => void = () => {};

  load(): void {}

  run(spec: AnyTaskSpec): Promise<SlotAnswer> {
    this.spec = spec;
    return new Promise((resolve) => {
      this.answer = resolve;
      bell.ring();
    });
  }

  progress() {
    return { ordinal: 1, records: 2, bytes: 3, spills: 0, steps: 0, late: 0 };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

const SETUP: JobSetup = {
  ...{ job: jobId("j"), bundle: "ab".repeat(32), step: 0, params: packParams({}), environment: {} },
  ...{ partitions: 1, mapTasks: 2, previous: {}, output: "part", outputPath: "/nowhere" },
  ...{ taskTimeoutMs: 1000, memoryBytesMax: 2 ** 25 },
};

const STRAY: Failure = {
  ...{ kind: "failed", code: "USER_CODE", message: "Error: afterwards", stack: "", logTail: "" },
  ...{ codeFrame: undefined, record: undefined },
};

let root: string;
let folder: LifeFolder;
let threads: HandThread[];
let said: WorkerMessage[];
let seats: Seats;
let attempts: Attempts;
let job: WorkerJob;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sheaf-attempts-"));
  const life = incarnation("life-1");
  folder = new LifeFolder(root, life);
  threads = [];
  said = [];
  const clock = new HandClock();
  const shelf = new RegionShelf(folder.path);
  const start = () => {
    const thread = new HandThread();
    threads.push(thread);
    return thread;
  };
  seats = new Seats(1, start, clock);
  attempts = new Attempts({
    life: {
      ...{ incarnation: life, folder, shelf, clock, memoryBytes: 2 ** 26 },
      fetches: new FetchQueue(() => Promise.reject(new Error("nothing is fetched")), clock),
      threadOptions: ({ taskTimeoutMs }) => ({ taskTimeoutMs, heapMiB: 256 }),
      say: (message) => {
        said.push(message);
        bell.ring();
      },
    },
    seats,
    queuedMax: 1,
    log: { info: () => {}, warn: () => {} },
    onBug: (thrown) => {
      throw thrown;
    },
  });
  job = jobOf({});
});
afterEach(() => rmSync(root, { recursive: true }));

/** A job whose bundle is here. */
function jobOf(changes: Partial<JobSetup>): WorkerJob {
  const bundles = { take: async () => ({}) as JobBundle, giveBack: () => {} };
  return new WorkerJob({ ...SETUP, ...changes }, bundles as unknown as BundleStore);
}

function assign(task: number, to = job): AnyAttemptRef {
  const attempt: AnyAttemptRef = {
    ...{ job: to.setup.job, phase: "map", task: taskIndex(task), attempt: attemptNumber(0) },
  };
  const split = { index: task, segments: [], sizeBytes: 0 };
  attempts.assign({ attempt, skip: [], skipsLeft: 0, task: { kind: "map", split } }, to);
  return attempt;
}

/** A thread, once it runs a task. */
async function running(index = 0, task = 0): Promise<HandThread> {
  await bell.until(() => threads[index]?.spec?.task === task);
  return threads[index]!;
}

/** A thread whose job is over, after one attempt. */
async function left(): Promise<HandThread> {
  assign(0);
  const thread = await running();
  thread.answer(success());
  await hasSaid(1);
  seats.release(job.threadKey);
  return thread;
}

/** What was said, once it was so much. */
async function hasSaid(count: number): Promise<WorkerMessage> {
  await bell.until(() => said.length >= count);
  return said[count - 1]!;
}

function success(): SlotAnswer {
  const counted = { counters: { task: zeroTaskCounters(), user: {} }, spills: 0, skipped: 0 };
  const output = { path: join(folder.path, "j", "map-0-0"), regions: [] };
  const result = { ...counted, bad: [], lastSkipped: undefined, log: "", output };
  return { type: "succeeded", leftRunning: [], result: { kind: "map", ...result } };
}

function failure(): SlotAnswer {
  return { type: "failed", failure: STRAY, fatal: false, path: undefined };
}

describe("an attempt", () => {
  test("gets what the setup and the worker allow, under a name of its own", async () => {
    assign(0);
    const thread = await running();
    expect(thread.spec).toMatchObject({
      ...{ kind: "map", step: 0, task: 0, attempt: 0, memoryBytes: 2 ** 25, partitions: 1 },
      ...{ directory: join(folder.path, "j"), fileName: "map-0-0" },
    });
    expect(existsSync(thread.spec!.directory)).toBe(true);
    expect(attempts.progress()).toMatchObject([{ records: 2, bytes: 3 }]);
    expect(attempts.progress()).toEqual([]);
    thread.answer(success());
    expect(await hasSaid(1)).toMatchObject({ type: "attempt-succeeded", attempt: { task: 0 } });
    expect(attempts.live()).toEqual([]);
  });

  test("fails for good if an emit came too late, though it answers with a success", async () => {
    assign(0);
    const thread = await running();
    thread.late = 2;
    thread.answer(success());
    expect(await hasSaid(1)).toMatchObject({
      type: "attempt-failed",
      failure: { code: "USER_CODE", message: expect.stringContaining("called 2 times after") },
      fatal: true,
    });
  });

  test("fails for good if the job's code died after an earlier one had succeeded", async () => {
    assign(0);
    const thread = await running();
    thread.answer(success());
    await hasSaid(1);
    thread.stray = STRAY;
    assign(1);
    expect(await hasSaid(2)).toMatchObject({
      type: "attempt-failed",
      failure: { code: "USER_CODE", message: expect.stringContaining("Error: afterwards") },
      fatal: true,
    });
    // Another job is not to blame for it, be it the same code.
    assign(0, jobOf({ job: jobId("again") }));
    (await running(1)).answer(success());
    expect(await hasSaid(3)).toMatchObject({ type: "attempt-succeeded" });
    assign(0, jobOf({ job: jobId("other"), bundle: "cd".repeat(32) }));
    (await running(2)).answer(success());
    expect(await hasSaid(4)).toMatchObject({ type: "attempt-succeeded" });
    expect(thread.isClosed).toBe(true);
  });

  test("shares the thread of its job, and another job gets a fresh one", async () => {
    assign(0);
    const thread = await running();
    thread.answer(success());
    await hasSaid(1);
    assign(1);
    await running(0, 1);
    expect(threads).toHaveLength(1);
    thread.answer(success());
    await hasSaid(2);
    assign(2, jobOf({ params: packParams({ least: 3 }) }));
    await running(1, 2);
    expect(thread.isClosed).toBe(true);
  });

  test("that fails in a thread of a job before is run again in one of its own, once", async () => {
    const thread = await left();
    const next = jobOf({ job: jobId("next") });
    assign(1, next);
    await running(0, 1);
    thread.answer(failure());
    const fresh = await running(1, 1);
    expect(thread.isClosed).toBe(true);
    expect(said).toHaveLength(1);
    fresh.answer(failure());
    expect(await hasSaid(2)).toMatchObject({ type: "attempt-failed", attempt: { job: "next" } });
    expect(threads).toHaveLength(2);
  });

  test("that is killed while its thread is replaced ends, and no other thread begins", async () => {
    const thread = await left();
    const ref = assign(1, jobOf({ job: jobId("next") }));
    await running(0, 1);
    thread.answer(failure());
    attempts.kill(ref);
    expect(await hasSaid(2)).toMatchObject({ type: "attempt-killed" });
    await turn();
    expect(threads).toHaveLength(1);
  });

  test("that comes when all were ended for good does not begin", async () => {
    await attempts.close();
    assign(0);
    await turn();
    expect(threads).toEqual([]);
    expect(said).toEqual([]);
  });

  test("that is killed while it answers is told as one or the other, once", async () => {
    const ref = assign(0);
    const thread = await running();
    thread.answer(success());
    attempts.kill(ref);
    await hasSaid(1);
    await turn();
    expect(said).toHaveLength(1);
    expect(attempts.ended.all()).toEqual(said);
  });

  test("of a job that is forgotten ends, and nobody is told again", async () => {
    const [ref, waiting] = [assign(0), assign(1)];
    const thread = await running();
    await attempts.forget(ref.job);
    expect(thread.isClosed).toBe(true);
    expect(said.map(({ type }) => type)).toEqual(["attempt-killed", "attempt-killed"]);
    expect(said).toMatchObject([{ attempt: waiting }, { attempt: ref }]);
    attempts.tellAgain();
    expect(said).toHaveLength(2);
  });
});
