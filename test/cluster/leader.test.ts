/**
 * What a leader must decide in one tick, or a hundred thousand times: a real one, with the real state
 * machine, and workers and a log that do as the test says.
 */

import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { workerId, workerName } from "../../src/base/ids.ts";
import { readLogs, watchJob } from "../../src/master/services/job-streams.ts";
import type { AnyAttemptRef } from "../../src/rpc/wire/attempt.ts";
import type { AttemptRef } from "../../src/scheduler/command.ts";
import { BenchWorker, LeaderBench } from "./support/leader-bench.ts";

const HOUR_MS = 3_600_000;

/** A job of one map and one reduce: the map is done on `a`, and the reduce begun there. */
async function reducing() {
  const bench = new LeaderBench();
  const a = await BenchWorker.register(bench, "a");
  await bench.submit(1, 1);
  a.succeeds(await a.assigned("map", 0));
  const first = await a.assigned("reduce", 0);
  return { bench, a, first };
}

/** The same, with a second attempt of the reduce on `b`. */
async function racing() {
  const { bench, a, first } = await reducing();
  const b = await BenchWorker.register(bench, "b");
  const second = { ...(first as AttemptRef), attempt: 1 as AttemptRef["attempt"] };
  bench.inject({ type: "assign-task", ...second, worker: workerId(b.life), backup: true });
  await b.assigned("reduce", 0, 1);
  return { bench, a, b, first, second: second as AnyAttemptRef };
}

const winnersOf = ({ told }: LeaderBench) =>
  told.flatMap((it) => (it.type === "won" && it.attempt.phase === "reduce" ? [it.attempt] : []));
const recorded = ({ heard }: BenchWorker, ref: AnyAttemptRef) =>
  heard.some(
    (it) =>
      it.type === "recorded" &&
      it.attempts.some(({ phase, attempt }) => phase === ref.phase && attempt === ref.attempt),
  );

describe("two attempts of a task that finish in the same tick", () => {
  test.each([
    ["the first", 0],
    ["the second", 1],
  ] as const)("have one winner, %s to be heard, and are counted once", async (_, winner) => {
    const { bench, a, b, first, second } = await racing();
    const release = bench.holdLog();
    if (winner === 0) a.succeeds(first, 10);
    b.succeeds(second, 20);
    if (winner === 1) a.succeeds(first, 10);
    await turn();
    // Nobody is told of anything that is not in the log.
    expect(winnersOf(bench)).toEqual([]);
    release();
    const done = await bench.hears("step-done");
    expect(winnersOf(bench)).toEqual([{ phase: "reduce", task: 0, attempt: winner }]);
    const records = winner === 0 ? 10 : 20;
    expect(done).toMatchObject({
      outcome: {
        counters: { task: { REDUCE_INPUT_RECORDS: records }, user: { seen: 1 + records } },
      },
    });
    await turn();
    // Both may forget it: neither will tell it again.
    expect(recorded(a, first)).toBe(true);
    expect(recorded(b, second)).toBe(true);
  });
});

test("a zombie that was given up wins nothing, whatever it says", async () => {
  const { bench, a, first } = await reducing();
  a.answersPings = false;
  const b = await BenchWorker.register(bench, "b");
  for (let i = 0; i < 7; i++) {
    bench.pass(1000);
    await turn();
  }
  const again = await b.assigned("map", 0, 1);
  a.succeeds(first, 10);
  await turn();
  expect(winnersOf(bench)).toEqual([]);
  b.succeeds(again);
  const second = await b.assigned("reduce", 0, 1);
  a.succeeds(first, 10);
  b.succeeds(second, 20);
  await bench.hears("step-done");
  expect(winnersOf(bench)).toEqual([{ phase: "reduce", task: 0, attempt: 1 }]);
});

test.each([
  ["usual", 5000, 10_000],
  ["long", 30_000, 35_000],
] as const)(
  "workers have time to find their leader silent, and then the next one: %s ping timeout",
  async (_, pingTimeoutMs, waitMs) => {
    const bench = new LeaderBench();
    await BenchWorker.register(bench, "a");
    const { live } = bench.machine.state.scheduler.workers;
    await bench.elect(pingTimeoutMs);
    const beganMs = bench.nowMs;
    bench.pass(waitMs);
    await turn();
    expect(live.size).toBe(1);
    bench.pass(1);
    await turn();
    expect(live.size).toBe(0);
    expect(bench.leader.roster.lost.get(workerName("a"))?.heardMs).toBe(beganMs);
  },
);

test("a worker that answers no ping is given up after the timeout, and one interval at the latest", async () => {
  const bench = new LeaderBench();
  const silent = await BenchWorker.register(bench, "a");
  const answering = await BenchWorker.register(bench, "b");
  const { live } = bench.machine.state.scheduler.workers;
  bench.pass(1000);
  await turn();
  silent.answersPings = false;
  for (let i = 0; i < 5; i++) {
    bench.pass(1000);
    await turn();
    expect(live.size).toBe(2);
  }
  bench.pass(1000);
  await turn();
  expect([...live.keys()]).toEqual([workerId(answering.life)]);
});

test("a wall clock that jumps by an hour, either way, gives nobody up and moves nothing", async () => {
  const { bench, a, first } = await reducing();
  const before = bench.logged.length;
  for (const jumpMs of [HOUR_MS, -2 * HOUR_MS]) {
    bench.wallMs += jumpMs;
    for (let i = 0; i < 3; i++) {
      bench.pass(1000);
      await turn();
    }
  }
  expect(bench.logged.slice(before)).toEqual([]);
  a.succeeds(first);
  await bench.hears("step-done");
  expect(winnersOf(bench)).toEqual([{ phase: "reduce", task: 0, attempt: 0 }]);
});

test("progress is told at every tick, wherever the wall clock jumps", async () => {
  const { bench } = await reducing();
  const [job] = bench.machine.state.jobs.keys();
  const { signal } = new AbortController();
  const events = watchJob(bench.leader, { job: job!, fromSequence: 1 }, signal);
  const nextProgress = async (): Promise<number> => {
    for (;;) {
      const { value } = await events.next();
      if (value.event.type === "progress") return value.timeMs;
    }
  };
  await nextProgress();
  for (const jumpMs of [HOUR_MS, -2 * HOUR_MS]) {
    bench.wallMs += jumpMs;
    const told = nextProgress();
    bench.pass(200);
    expect(await told).toBe(bench.wallMs);
  }
});

test.each([
  ["events", watchJob],
  ["logs", readLogs],
] as const)(
  "who follows the %s of a job at a leader that leads no more is told so",
  async (_, read) => {
    const { bench } = await reducing();
    const [job] = bench.machine.state.jobs.keys();
    const request = { job: job!, fromSequence: 1, phase: undefined, task: undefined, follow: true };
    const told: unknown[] = [];
    const over = (async () => {
      for await (const item of read(bench.leader, request, new AbortController().signal)) {
        told.push(item);
      }
    })();
    await bench.leader.close();
    await expect(over).rejects.toMatchObject({ code: "NOT_LEADER" });
    // What was committed before is told before.
    if (read === watchJob) expect(told).toContainEqual(expect.objectContaining({ sequence: 1 }));
  },
);

test("a hundred thousand tiny splits are mapped, each by one attempt", async () => {
  const MAPS = 100_000;
  const bench = new LeaderBench();
  for (let i = 0; i < 8; i++) {
    await BenchWorker.register(bench, `w${i}`, { slots: 2, partitions: 2, works: true });
  }
  await bench.submit(MAPS, 2);
  await bench.hears("step-done");
  const won = bench.told.filter(({ type }) => type === "won");
  expect(won).toHaveLength(MAPS + 2);
  expect(bench.logged.filter(({ type }) => type === "assign-task")).toHaveLength(MAPS + 2);
});
