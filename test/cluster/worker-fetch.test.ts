/**
 * Regions that cannot be had: each way to fail is told to the leader by its name, and a new location
 * completes the attempt with the right bytes.
 */

import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SheafError } from "../../src/base/error.ts";
import { attemptNumber } from "../../src/base/ids.ts";
import { attemptFileName } from "../../src/rpc/attempt-name.ts";
import type { AnyAttemptRef } from "../../src/rpc/wire/attempt.ts";
import type { FetchFailed, FetchFault } from "../../src/rpc/wire/from-worker.ts";
import {
  isOf,
  type MappedTask,
  type ScriptedJob,
  sourceOf,
  succeeded,
} from "../support/scripted-job.ts";
import { ScriptedMaster, type ScriptedSession } from "../support/scripted-master.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { calledOff, ScriptedSource, type Serve } from "./support/scripted-source.ts";
import { WorkerProcess } from "./support/worker-process.ts";

let folder: ClusterFolder;
let master: ScriptedMaster;
let processes: readonly WorkerProcess[];
/** The one that reduces, and two that map. */
let reader: ScriptedSession;
let a: ScriptedSession;
let b: ScriptedSession;
let expected: string;

beforeAll(async () => {
  folder = new ClusterFolder();
  master = await ScriptedMaster.start();
  const names = ["reader", "a", "b"];
  processes = names.map((name) => new WorkerProcess(master, ["--slots", "2", "--name", name]));
  const sessions = await Promise.all(names.map(() => master.worker()));
  [reader, a, b] = names.map((name) => {
    return sessions.find(({ register }) => register.worker === name)!;
  }) as [ScriptedSession, ScriptedSession, ScriptedSession];
  expected = (await folder.expected("word-count.ts", 1))[0]!;
});
afterAll(async () => {
  for (const worker of processes) await worker[Symbol.asyncDispose]();
  await master.close();
  folder[Symbol.dispose]();
});

/** A job of one partition whose maps are completed on `a`, and its reduce attempt in the reader. */
interface Ready {
  readonly job: ScriptedJob;
  readonly maps: readonly MappedTask[];
  readonly reduce: AnyAttemptRef;
  /** Map task 0 once more, on `b`. */
  readonly again: MappedTask;
}

async function ready(on: ScriptedSession = a): Promise<Ready> {
  const job = await folder.plan(master, "word-count.ts", { partitions: 1 });
  for (const worker of [reader, a, b]) job.tell(worker);
  const maps = await Promise.all(job.splits.map((_, task) => job.map(on, task)));
  const again = await job.map(b, 0, 1);
  return { job, maps, again, reduce: job.assignReduce(reader, 0) };
}

/** The bytes of the one region of a map output on `a`. */
function bytesOf(job: ScriptedJob, { producer }: { readonly producer: AnyAttemptRef }): Buffer {
  return readFileSync(processes[1]!.path(`${job.id}/${attemptFileName(producer)}`));
}

/** The leader hears of a fault, once; then the region is elsewhere. */
async function mends(
  { job, again, reduce }: Ready,
  expecting: Partial<FetchFailed>,
): Promise<void> {
  const failed = await reader.hears("fetch-failed", isOf(reduce));
  expect(failed).toMatchObject({ ...expecting, attempt: reduce });
  await reader.pong();
  await reader.pong();
  const told = reader.heard.filter(
    ({ message }) => message.type === "fetch-failed" && isOf(reduce)(message),
  );
  expect(told).toHaveLength(1);
  job.locate(reader, 0, [again]);
  await succeeded(reader, reduce);
  expect(job.part(0)).toBe(expected);
}

describe("a region", () => {
  test("that its worker has not is gone", async () => {
    const it = await ready();
    const [first, ...rest] = it.maps as [MappedTask, ...MappedTask[]];
    const missing = { ...first, ref: { ...first.ref, attempt: attemptNumber(9) } };
    it.job.locate(reader, 0, [missing, ...rest]);
    await mends(it, { producer: missing.ref, worker: a.register.worker, reason: "gone" });
  });

  test.each([
    ["is damaged", (bytes: Buffer) => bytes.fill(bytes[20]! ^ 1, 20, 21), "corrupt"],
    ["has a block of an impossible length", (bytes: Buffer) => bytes.fill(255, 0, 3), "corrupt"],
  ] as const)("that %s is corrupt, and never reduced", async (_what, damage, reason) => {
    const it = await ready();
    const path = processes[1]!.path(`${it.job.id}/map-0-0`);
    const bytes = readFileSync(path);
    damage(bytes);
    writeFileSync(path, bytes);
    it.job.locate(reader, 0, it.maps);
    await mends(it, { producer: it.maps[0]!.ref, reason });
  });

  test("whose file is cut off is corrupt", async () => {
    const it = await ready();
    truncateSync(processes[1]!.path(`${it.job.id}/map-0-0`), 30);
    it.job.locate(reader, 0, it.maps);
    await mends(it, { producer: it.maps[0]!.ref, reason: "corrupt" });
  });

  test("of the very worker that reduces is found damaged before any of it is a result", async () => {
    const it = await ready(reader);
    const path = processes[0]!.path(`${it.job.id}/map-0-0`);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    it.job.locate(reader, 0, it.maps);
    const { incarnation } = reader;
    await mends(it, { reason: "corrupt", workerIncarnation: incarnation });
  });

  test("of a worker that nobody can reach is unreachable", async () => {
    const it = await ready();
    const [first, ...rest] = it.maps as [MappedTask, ...MappedTask[]];
    const gone = await ScriptedSource.start(async function* () {});
    const { source } = gone;
    await gone[Symbol.asyncDispose]();
    it.job.locate(reader, 0, [{ ...first, source }, ...rest]);
    await mends(it, { reason: "unreachable", workerIncarnation: source.incarnation });
  });

  const FAULTS: readonly (readonly [string, (bytes: Buffer) => ReturnType<Serve>, FetchFault])[] = [
    [
      "that comes short has the wrong length",
      async function* (bytes) {
        yield bytes.subarray(0, bytes.length - 1);
      },
      "length",
    ],
    [
      "that never ends has the wrong length",
      async function* (bytes) {
        yield bytes;
        yield bytes;
      },
      "length",
    ],
    [
      "that its worker will not give is refused",
      // biome-ignore lint/correctness/useYield: it refuses before it has anything to give
      async function* () {
        throw new SheafError("ACCESS_DENIED", "Not to you.");
      },
      "refused",
    ],
  ];
  test.each(FAULTS)("%s", async (_what, serve, reason) => {
    const it = await ready();
    const [first, ...rest] = it.maps as [MappedTask, ...MappedTask[]];
    await using scripted = await ScriptedSource.start((request) => serve(bytesOf(it.job, request)));
    it.job.locate(reader, 0, [{ ...first, source: scripted.source }, ...rest]);
    await mends(it, { reason, producer: first.ref });
  });

  test("of a worker that is busy is asked for again, and nobody hears of it", async () => {
    const it = await ready();
    await using scripted = await ScriptedSource.start(async function* (request) {
      if (scripted.requests.length < 3) throw new SheafError("LIMIT_REACHED", "Try again.");
      yield bytesOf(it.job, request);
    });
    const [first, ...rest] = it.maps as [MappedTask, ...MappedTask[]];
    it.job.locate(reader, 0, [{ ...first, source: scripted.source }, ...rest]);
    await succeeded(reader, it.reduce);
    expect(it.job.part(0)).toBe(expected);
    expect(scripted.requests).toHaveLength(3);
  });
});

describe("a reduce attempt", () => {
  test("fetches no more than two regions at once from one worker", async () => {
    const it = await ready();
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    await using scripted = await ScriptedSource.start(async function* (request) {
      await gate;
      yield bytesOf(it.job, request);
    });
    const { source } = scripted;
    it.job.locate(
      reader,
      0,
      it.maps.map((mapped) => ({ ...mapped, source })),
    );
    await scripted.asked(2);
    // By then it would have asked for more, had it wanted to.
    await reader.pong();
    await reader.pong();
    expect(scripted.requests).toHaveLength(2);
    open();
    await succeeded(reader, it.reduce);
    expect(it.job.part(0)).toBe(expected);
    expect(it.maps.length).toBeGreaterThan(4);
    expect(scripted.requests).toHaveLength(it.maps.length);
    expect(scripted.atOnceMax).toBe(2);
  });

  test("leaves a worker that is slow for the one that has its place", async () => {
    const it = await ready();
    let wasCalledOff = false;
    await using slow = await ScriptedSource.start(async function* (request, signal) {
      yield bytesOf(it.job, request).subarray(0, 10);
      await calledOff(signal);
      wasCalledOff = true;
    });
    const [first, ...rest] = it.maps as [MappedTask, ...MappedTask[]];
    it.job.locate(reader, 0, [{ ...first, source: slow.source }, ...rest]);
    await slow.asked(1);
    it.job.locate(reader, 0, [it.again]);
    await succeeded(reader, it.reduce);
    expect(it.job.part(0)).toBe(expected);
    expect(wasCalledOff).toBe(true);
  });

  test("drops what got lost, and keeps what it has", async () => {
    const it = await ready();
    const [first, second, third, ...rest] = it.maps as [
      MappedTask,
      MappedTask,
      MappedTask,
      ...MappedTask[],
    ];
    await using scripted = await ScriptedSource.start(async function* (request, signal) {
      if (request.producer.task === second.ref.task) await calledOff(signal);
      else yield bytesOf(it.job, request);
    });
    const { source } = scripted;
    it.job.locate(
      reader,
      0,
      [first, second, third].map((mapped) => ({ ...mapped, source })),
    );
    // The third is asked for when the first is here, because the second stays under way.
    await scripted.asked(3);
    const lost = [first, second].map(({ ref }) => ({ mapTask: ref.task, mapAttempt: ref.attempt }));
    reader.say({ type: "lost-regions", job: it.job.id, regions: lost });
    it.job.locate(reader, 0, [second, ...rest]);
    await succeeded(reader, it.reduce);
    expect(it.job.part(0)).toBe(expected);
  });

  test("tells a new leader what the one before had to decide", async () => {
    const it = await ready();
    const [first, ...rest] = it.maps as [MappedTask, ...MappedTask[]];
    const missing = { ...first, ref: { ...first.ref, attempt: attemptNumber(9) } };
    it.job.locate(reader, 0, [missing, ...rest]);
    const told = await reader.hears("fetch-failed", isOf(it.reduce));
    reader.end();
    reader = await master.worker();
    expect(await reader.hears("fetch-failed", isOf(it.reduce))).toEqual(told);
    it.job.locate(reader, 0, [it.again]);
    await succeeded(reader, it.reduce);
    expect(it.job.part(0)).toBe(expected);
  });

  test("is given a location again, and tries it again", async () => {
    const it = await ready();
    const [first, ...rest] = it.maps as [MappedTask, ...MappedTask[]];
    await using scripted = await ScriptedSource.start(async function* (request) {
      const bytes = bytesOf(it.job, request);
      yield scripted.requests.length === 1 ? bytes.subarray(1) : bytes;
    });
    const there = { ...first, source: scripted.source };
    it.job.locate(reader, 0, [there, ...rest]);
    await reader.hears("fetch-failed", isOf(it.reduce));
    it.job.locate(reader, 0, [there]);
    await succeeded(reader, it.reduce);
    expect(it.job.part(0)).toBe(expected);
    expect(sourceOf(a).incarnation).toBe(first.source.incarnation);
  });
});
