/**
 * A master that is alone, killed at each moment of a job's life and started again on its folder: the job
 * goes on, its client too, nothing that was done is done again, and the output is what the sequential
 * executor puts out, byte for byte.
 */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NEW_FOLDER } from "../../src/task/output-publish.ts";
import { sheaf } from "../integration/support/command.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { type BegunJob, ClusterProcesses, kill } from "./support/cluster-processes.ts";
import { GatedJob } from "./support/gated-job.ts";

let folder: ClusterFolder;
let cluster: ClusterProcesses;
beforeEach(() => {
  folder = new ClusterFolder();
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Kills the master, and starts it again. */
async function restartMaster(): Promise<void> {
  const [master] = cluster.masters;
  await kill(master!.command);
  await cluster.restart(master!);
}

/** Waits for the end of a job whose master was killed, and looks whether it was worth the wait. */
async function expectWhole(gated: GatedJob, begun: BegunJob, says = /is back/): Promise<void> {
  const { parts, ended } = await cluster.output(begun);
  const again = gated.again();
  expect(ended.stderr).toMatch(says);
  expect(again).toEqual([]);
  expect(parts).toEqual(await folder.expected(gated.file));
  expect(readdirSync(begun.output).sort()).toEqual(["_SUCCESS", "part-00000", "part-00001"]);
  const beside = readdirSync(folder.path).filter((name) => name.startsWith("."));
  expect(beside).toEqual([]);
}

/** Two steps, of which one is repeated: with a function for each moment that is not a task's. */
function countAndRepeat(pass: string): string {
  const file = jobFile({
    before: `${pass}
const passAt = (phase) => pass({ attempt: { phase, task: 0, attempt: 0 } });
const count = defineJob({
  input: located(text(), () => { passAt("plan"); return []; }),
  intermediate: { key: string(), value: int() },
  partition: range(),
  map(_position, line, emit, context) {
    pass(context);
    for (const word of line.match(/\\p{L}+/gu) ?? []) emit(word, 1);
  },
  reduce(word, counts, emit, context) {
    pass(context);
    let sum = 0;
    for (const count of counts) sum += count;
    emit(sum);
  },
});
const again = defineJob({
  input: outputOf(count),
  intermediate: { key: string(), value: int() },
  map(word, count, emit) { emit(word, count); },
  reduce: sum,
});
const until = () => { passAt("until"); return false; };`,
    definition: "",
  });
  const head = file.slice(0, file.indexOf("export default"));
  return `${head}export default pipeline(count).repeat(again, { times: 2, until });\n`;
}

describe("a master that is killed and started again", () => {
  test.each([
    ["while it plans", "plan", 0, 1],
    ["while a sample is taken", "map", -1, 1],
    ["in the map phase", "map", { from: 2 }, 5],
    ["in the reduce phase", "reduce", { from: 0 }, 2],
    ["between two steps", "until", 0, 1],
  ] as const)("%s goes on where it was", async (_when, where, waiting, attempts) => {
    cluster = await ClusterProcesses.start(folder, 3);
    const gated = new GatedJob(folder, "steps", where, waiting, countAndRepeat);
    const begun = cluster.begin(gated.file);
    await gated.reached(attempts);
    await restartMaster();
    await Promise.all(cluster.workers.map((worker) => worker.shows("Registered with the leader")));
    gated.open();
    await expectWhole(gated, begun);
  });

  test("while reduces fetch and maps still run has both go on", async () => {
    cluster = await ClusterProcesses.start(folder, 0);
    for (let i = 0; i < 2; i++) await cluster.addWorker({ flags: ["--slots", "2"] });
    const gated = new GatedJob(folder, "early", "map", { from: 3 });
    const begun = cluster.begin(gated.file, "--slowstart", "0");
    await begun.command.shows("Submitted as");
    const [, id] = /Submitted as (\S+)\b/.exec(begun.command.stderr)!;
    const reduces = async (): Promise<number> => {
      const words = ["status", id!, "--json", "--masters", cluster.address];
      const { stdout } = await sheaf(folder.path, ...words);
      return JSON.parse(stdout).summary.reduce.running;
    };
    await gated.reached(6);
    await expect.poll(reduces, { timeout: 20_000 }).toBe(1);
    await restartMaster();
    await expect.poll(reduces, { timeout: 20_000 }).toBe(1);
    gated.open();
    await expectWhole(gated, begun);
  });

  test("while the parts are published publishes the others", async () => {
    const { gated, begun } = await beginLastReduce();
    await restartMaster();
    gated.open();
    await expectWhole(gated, begun);
  });

  test("while the output is committed commits it", async () => {
    const { gated, begun, staging } = await beginLastReduce();
    // Whoever writes the manifest into a pipe waits for somebody who reads it.
    const pipe = join(staging, NEW_FOLDER, "_SUCCESS");
    execFileSync("mkfifo", [pipe]);
    gated.open();
    await appears(join(staging, NEW_FOLDER, "part-00001"));
    const [master] = cluster.masters;
    await kill(master!.command);
    rmSync(pipe);
    await cluster.restart(master!);
    await expectWhole(gated, begun);
  });

  test("when the output is there, and perhaps before it could say so, says so", async () => {
    const { gated, begun } = await beginLastReduce();
    gated.open();
    await appears(join(begun.output, "_SUCCESS"));
    await restartMaster();
    await expectWhole(gated, begun, /is back|done in/);
  });
});

/** Begins a job of which one part is published, and whose other reduce waits. */
async function beginLastReduce() {
  cluster = await ClusterProcesses.start(folder, 2);
  const gated = new GatedJob(folder, "ends", "reduce", 1);
  const begun = cluster.begin(gated.file);
  await gated.reached(1, ({ task }) => task === 1);
  const staging = folder.at(readdirSync(folder.path).find((name) => name.startsWith("."))!);
  await appears(join(staging, NEW_FOLDER, "part-00000"));
  return { gated, begun, staging };
}

/** Resolves at once when the file is there. */
async function appears(path: string): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (!existsSync(path)) {
    if (performance.now() > deadlineMs) throw new Error(`There is no ${path}.`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
