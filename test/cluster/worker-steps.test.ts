/**
 * The runs between the steps of a pipeline: one worker writes them where all find them, another reads
 * them.
 */

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InputFile, Split } from "../../src/job/input/input.ts";
import type { RegionSize } from "../../src/rpc/wire/region.ts";
import { stepRunName } from "../../src/task/part-name.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { type ScriptedJob, succeeded } from "../support/scripted-job.ts";
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

/** A run that a reduce attempt has left. */
interface WrittenRun {
  readonly path: string;
  readonly run: RegionSize;
}

/** Runs the first step: partition 0 on the first worker, partition 1 on the second. */
async function firstStep(): Promise<WrittenRun[]> {
  const job = await folder.plan(master, "pipeline.ts", { setup: { output: "step" } });
  for (const worker of workers) job.tell(worker);
  const maps = await Promise.all(job.splits.map((_, task) => job.map(workers[task % 2]!, task)));
  const runs = workers.map(async (worker, partition): Promise<WrittenRun> => {
    const ref = job.assignReduce(worker, partition);
    job.locate(worker, partition, maps);
    const { output } = (await succeeded(worker, ref)).result;
    if (output.kind !== "step") throw new Error("It is no run.");
    return { path: join(job.setup.outputPath, stepRunName(partition, 0)), run: output.run };
  });
  return await Promise.all(runs);
}

/** The input of the next step: a split for each run. */
function splitsOf(runs: readonly WrittenRun[]): Split[] {
  return runs.map(({ path, run }, index) => {
    const { lengthBytes, ...sizes } = run;
    const name = `partition ${index} of the step before`;
    const file: InputFile = {
      ...{ path, name, index, sizeBytes: lengthBytes, modifiedMs: 0 },
      compression: "none",
    };
    const segments = [{ file, start: 0, end: lengthBytes, run: sizes }];
    return { index, segments, sizeBytes: lengthBytes };
  });
}

async function planSecond(runs: readonly WrittenRun[], changes = {}): Promise<ScriptedJob> {
  const setup = { step: 1, mapTasks: runs.length, ...changes };
  return await folder.plan(master, "pipeline.ts", { setup });
}

describe("the second step of a pipeline", () => {
  test("maps the runs, whichever worker wrote them", async () => {
    const runs = await firstStep();
    const job = await planSecond(runs);
    for (const worker of workers) job.tell(worker);
    const maps = splitsOf(runs).map(async (split, task) => {
      const worker = workers[1 - task]!;
      const ref = job.ref("map", task);
      job.assign(worker, ref, { kind: "map", split });
      return job.mapped(worker, await succeeded(worker, ref));
    });
    const [one] = workers as [ScriptedSession];
    for (const partition of [0, 1]) {
      const ref = job.assignReduce(one, partition);
      job.locate(one, partition, await Promise.all(maps));
      await succeeded(one, ref);
    }
    expect([job.part(0), job.part(1)]).toEqual(await folder.expected("pipeline.ts"));
  });

  test("samples runs", async () => {
    const runs = await firstStep();
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
    const runs = await firstStep();
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
});
