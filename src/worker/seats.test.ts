/**
 * Which thread a seat has for whom, and for how long. The threads do as a test says.
 */

import { beforeEach, describe, expect, test } from "vitest";
import { HandClock } from "../../test/support/hand-clock.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import type { Failure } from "../job/failure.ts";
import type { SlotAnswer } from "../slot/slot-message.ts";
import type { AnyTaskSpec } from "../task/task-spec.ts";
import { type BlamedJob, type Seat, Seats, type SlotThread, SPARE_MS } from "./seats.ts";

const WELL: SlotAnswer = {
  ...{ type: "succeeded", leftRunning: [], result: { kind: "sample", boundaries: [] } },
};
const FAILURE: Failure = {
  ...{ kind: "failed", code: "USER_CODE", message: "Error: no", stack: "", logTail: "" },
  ...{ codeFrame: undefined, record: undefined },
};
const SPEC = {} as AnyTaskSpec;

class AnsweringThread implements SlotThread {
  stray: Failure | undefined;
  late = 0;
  isClosed = false;
  answer = WELL;

  load(): void {}

  async run(): Promise<SlotAnswer> {
    return this.answer;
  }

  progress() {
    return { ordinal: 1, records: 2, bytes: 3, spills: 0, steps: 0, late: 0 };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

let clock: HandClock;
let threads: AnsweringThread[];
let seats: Seats;

beforeEach(() => {
  clock = new HandClock();
  threads = [];
  seats = new Seats(2, startThread, clock);
});

function startThread(): AnsweringThread {
  const thread = new AnsweringThread();
  threads.push(thread);
  return thread;
}

function job(threadKey: string): BlamedJob {
  return { threadKey, stray: undefined };
}

/** An attempt takes a seat, and its thread is got ready. */
function sitDown(of: BlamedJob): Seat {
  const seat = seats.take(of.threadKey)!;
  seat.prepare(of, () => {
    const options = { taskTimeoutMs: 1000, heapMiB: 256 };
    return { bundle: {} as JobBundle, params: {}, options };
  });
  return seat;
}

/** A whole attempt. */
async function attempt(of: BlamedJob, answer = WELL): Promise<void> {
  const seat = sitDown(of);
  threads.at(-1)!.answer = answer;
  await seat.run(SPEC);
  seat.giveBack();
}

const isClosed = () => threads.map((thread) => thread.isClosed);

describe("a thread whose job is over", () => {
  test("serves the same code again", async () => {
    await attempt(job("a"));
    seats.release("a");
    await clock.pass(SPARE_MS - 1);
    await attempt(job("a"));
    expect(threads).toHaveLength(1);
    // It is somebody's again.
    await clock.pass(2 * SPARE_MS);
    expect(isClosed()).toEqual([false]);
    expect(clock.nextInMs).toBeUndefined();
  });

  test("ends after a while", async () => {
    await attempt(job("a"));
    seats.release("a");
    await clock.pass(SPARE_MS);
    expect(isClosed()).toEqual([true]);
    expect(seats.take("a")!.key).toBeUndefined();
    expect(clock.nextInMs).toBeUndefined();
  });

  test("waits a while from the last job that might have needed it, and not from one before", async () => {
    await attempt(job("a"));
    seats.release("a");
    await clock.pass(SPARE_MS / 2);
    // A job of the same code that had no task for it.
    seats.release("a");
    const seat = sitDown(job("a"));
    await clock.pass(SPARE_MS);
    expect(isClosed()).toEqual([false]);
    seat.giveBack();
    seats.release("a");
    await clock.pass(SPARE_MS / 2);
    seats.release("a");
    await clock.pass(SPARE_MS - 1);
    expect(isClosed()).toEqual([false]);
    await clock.pass(1);
    expect(isClosed()).toEqual([true]);
  });

  test("makes way before one whose job may need it", async () => {
    const seat = sitDown(job("a"));
    await attempt(job("b"));
    seat.giveBack();
    seats.release("b");
    await attempt(job("c"));
    expect(isClosed()).toEqual([false, true, false]);
  });

  test("stays while there is another seat without a thread", async () => {
    await attempt(job("a"));
    seats.release("a");
    await attempt(job("b"));
    expect(isClosed()).toEqual([false, false]);
  });

  test.each<[string, SlotAnswer]>([
    ["has left something running", { ...WELL, leftRunning: ["Timeout"] } as SlotAnswer],
    ["has failed", { type: "failed", failure: FAILURE, fatal: false, path: undefined }],
  ])("ends at once if an attempt there %s", async (_what, answer) => {
    await attempt(job("a"), answer);
    await attempt(job("a"));
    expect(isClosed()).toEqual([false]);
    seats.release("a");
    expect(isClosed()).toEqual([true]);
    expect(clock.nextInMs).toBeUndefined();
  });

  test("ends at once if the code has gone astray, and the job is told", async () => {
    const gone = job("a");
    await attempt(gone);
    threads[0]!.late = 1;
    seats.release("a");
    expect(gone.stray?.message).toContain("after");
    expect(isClosed()).toEqual([true]);
  });

  test("ends at once if no attempt has ended there", async () => {
    sitDown(job("a")).giveBack();
    seats.release("a");
    expect(isClosed()).toEqual([true]);
    expect(clock.nextInMs).toBeUndefined();
  });

  test("is known for what it is by the next job, until that has one of its own", async () => {
    const first = sitDown(job("a"));
    await first.run(SPEC);
    first.giveBack();
    expect(sitDown(job("a")).isInherited).toBe(false);
    first.giveBack();
    seats.release("a");
    const next = job("a");
    expect(sitDown(next)).toBe(first);
    expect(first.isInherited).toBe(true);
    first.giveBack();
    expect(sitDown(next).isInherited).toBe(true);
    await first.end();
    first.giveBack();
    expect(sitDown(next).isInherited).toBe(false);
  });

  test("is replaced if the code goes astray after its job", async () => {
    await attempt(job("a"));
    seats.release("a");
    threads[0]!.stray = FAILURE;
    const next = job("a");
    await attempt(next);
    expect(next.stray).toBeUndefined();
    expect(isClosed()).toEqual([true, false]);
  });

  test("ends also if one that took its seat never began, whichever came first", async () => {
    for (const isReleasedFirst of [true, false]) {
      const [mine, other] = [sitDown(job("a")), sitDown(job("b"))];
      await mine.run(SPEC);
      mine.giveBack();
      if (isReleasedFirst) seats.release("a");
      const taken = seats.take("c")!;
      expect(taken).toBe(mine);
      if (!isReleasedFirst) seats.release("a");
      await clock.pass(SPARE_MS);
      expect(threads.at(-2)!.isClosed).toBe(false);
      taken.giveBack();
      await clock.pass(SPARE_MS);
      expect(threads.at(-2)!.isClosed).toBe(true);
      other.giveBack();
      await seats.close();
    }
  });

  test("ends with the worker", async () => {
    await attempt(job("a"));
    seats.release("a");
    await seats.close();
    expect(isClosed()).toEqual([true]);
    expect(clock.nextInMs).toBeUndefined();
  });
});
