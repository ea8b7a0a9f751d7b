/**
 * The runs between the steps of a pipeline: one worker writes them, another reads them.
 */

import { truncateSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Split } from "../../src/job/input/input.ts";
import type { RegionSize } from "../../src/rpc/wire/region.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { isOf, type ScriptedJob, sourceOf, succeeded } from "../support/scripted-job.ts";
import { ScriptedMaster, type ScriptedSession } from "../support/scripted-master.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { WorkerProcess } from "./support/worker-process.ts";

/** How many words there are of each count. */
const PIPELINE = jobFile({
  before: `const words = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    for (const word of line.match(/\\p{L}+/gu) ?? []) emit(word, 1);
  },
  combine: sum,
  reduce: sum,
});
const counts = defineJob({
  input: outputOf(words),
  intermediate: { key: int(), value: int() },
  map(_word, count, emit) { emit(count, 1); },
  reduce: sum,
});
export default pipeline(words).step(counts);
/*`,
  definition: "",
}).replace(/\n$/, "*/\n");

let folder: ClusterFolder;
let master: ScriptedMaster;
let processes: readonly WorkerProcess[];
let workers: ScriptedSession[];

beforeAll(async () => {
  folder = new ClusterFolder({ "pipeline.ts": PIPELINE });
  master = await ScriptedMaster.start();
  processes = ["a", "b"].map((name) => new WorkerProcess(master, ["--name", name]));
  const sessions = [await master.worker(), await master.worker()];
  workers = sessions.sort((one, other) => (one.register.worker < other.register.worker ? -1 : 1));
});
afterAll(async () => {
  for (const worker of processes) await worker[Symbol.asyncDispose]();
  await master.close();
  folder[Symbol.dispose]();
});

/** A run that a reduce attempt has left on a worker. */
interface WrittenRun {
  readonly ref: ReturnType<ScriptedJob["ref"]>;
  readonly worker: ScriptedSession;
  readonly run: RegionSize;
}

/** Runs the first step: partition 0 on the first worker, partition 1 on the second. */
async function firstStep(): Promise<{ job: ScriptedJob; runs: WrittenRun[] }> {
  const job = await folder.plan(master, "pipeline.ts", { setup: { output: "step" } });
  for (const worker of workers) job.tell(worker);
  const maps = await Promise.all(job.splits.map((_, task) => job.map(workers[task % 2]!, task)));
  const runs = workers.map(async (worker, partition): Promise<WrittenRun> => {
    const ref = job.assignReduce(worker, partition);
    job.locate(worker, partition, maps);
    const { output } = (await succeeded(worker, ref)).result;
    if (output.kind !== "step") throw new Error("It is no run.");
    return { ref, worker, run: output.run };
  });
  return { job, runs: await Promise.all(runs) };
}

/** The input of the next step: a split for each run. */
function splitsOf(runs: readonly WrittenRun[]): Split[] {
  return runs.map(({ ref, worker, run }, index) => {
    const { records, blockBytesMax, lengthBytes } = run;
    const name = `partition ${index} of the step before`;
    const { job, task, attempt } = ref;
    const producer = { job, phase: "reduce", task, attempt } as const;
    const place = { producer, ...sourceOf(worker) };
    const file = {
      ...{ path: name, name, index, sizeBytes: lengthBytes, modifiedMs: 0 },
      compression: "none",
    } as const;
    const segment = { file, start: 0, end: lengthBytes, run: { records, blockBytesMax, place } };
    return { index, segments: [segment], sizeBytes: lengthBytes };
  });
}

async function planSecond(runs: readonly WrittenRun[], changes = {}): Promise<ScriptedJob> {
  const setup = { step: 1, mapTasks: runs.length, ...changes };
  return await folder.plan(master, "pipeline.ts", { setup });
}

describe("the second step of a pipeline", () => {
  test("maps runs of this worker and of another one", async () => {
    const { runs } = await firstStep();
    const job = await planSecond(runs);
    for (const worker of workers) job.tell(worker);
    const splits = splitsOf(runs);
    // Each maps its own, and then the other's, whose output is the same.
    const mapOn = async (worker: ScriptedSession, task: number, attempt: number) => {
      const ref = job.ref("map", task, attempt);
      job.assign(worker, ref, { kind: "map", split: splits[task]! });
      return job.mapped(worker, await succeeded(worker, ref));
    };
    const [one, two] = workers as [ScriptedSession, ScriptedSession];
    const local = [await mapOn(one, 0, 0), await mapOn(two, 1, 0)];
    const remote = [await mapOn(two, 0, 1), await mapOn(one, 1, 1)];
    for (const [attempt, maps] of [local, remote].entries()) {
      const parts: string[] = [];
      for (const partition of [0, 1]) {
        const ref = job.assignReduce(one, partition, attempt);
        job.locate(one, partition, maps);
        await succeeded(one, ref);
        parts.push(job.part(partition, attempt));
      }
      expect(parts).toEqual(await folder.expected("pipeline.ts"));
    }
  });

  test("samples runs", async () => {
    const { runs } = await firstStep();
    const job = await planSecond(runs);
    const [one] = workers as [ScriptedSession];
    job.tell(one);
    const ref = job.ref("sample", 0);
    const windows = splitsOf(runs).map((split) => ({ split, stride: 1 }));
    job.assign(one, ref, { kind: "sample", windows });
    const { result } = await succeeded(one, ref);
    expect(result.output).toMatchObject({ kind: "sample", boundaries: [expect.anything()] });
  });

  test("may only write out what a repetition has left", async () => {
    const { runs } = await firstStep();
    const job = await planSecond(runs, { step: 0, mapTasks: 0 });
    const [one] = workers as [ScriptedSession];
    job.tell(one);
    for (const [partition, input] of splitsOf(runs).entries()) {
      const ref = job.ref("reduce", partition);
      job.assign(one, ref, { kind: "reduce", passThrough: true, upload: undefined, input });
      await succeeded(one, ref);
    }
    expect([job.part(0), job.part(1)]).toEqual(await folder.expected());
  });

  test.each([
    ["is gone", "gone", ({ id }: ScriptedJob) => workers[1]!.say({ type: "forget-job", job: id })],
    [
      "is damaged",
      "corrupt",
      ({ id }: ScriptedJob) => truncateSync(processes[1]!.path(`${id}/reduce-1-0/output`), 10),
    ],
  ] as const)("names a run that %s, and its attempt is lost", async (_what, reason, harm) => {
    const { job: first, runs } = await firstStep();
    harm(first);
    await workers[1]!.pong();
    await workers[1]!.pong();
    const job = await planSecond(runs);
    const split = splitsOf(runs)[1]!;
    for (const worker of workers) {
      job.tell(worker);
      const ref = job.ref("map", 1, workers.indexOf(worker));
      job.assign(worker, ref, { kind: "map", split });
      expect(await worker.hears("fetch-failed", isOf(ref))).toMatchObject({
        producer: runs[1]!.ref,
        workerIncarnation: workers[1]!.incarnation,
        reason,
      });
      const { failure, fatal } = await worker.hears("attempt-failed", isOf(ref));
      expect(failure.kind).toBe("lost");
      expect(fatal).toBe(false);
    }
  });
});
