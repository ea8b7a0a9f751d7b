/**
 * Pipelines of a real cluster that has S3 and no disk in common: what one step leaves for the next lies
 * below the output, where no reader finds it, and is gone in the end.
 */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { sheaf } from "../integration/support/command.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { TestBucket } from "../support/s3/bucket.ts";
import { QUICK_FAULTS, seededFaults } from "../support/s3/fault-proxy.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses, kill } from "./support/cluster-processes.ts";
import { GatedJob } from "./support/gated-job.ts";
import { gatedSteps } from "./support/gated-steps.ts";
import { foundAt, NOTHING, whole } from "./support/s3-output.ts";

let bucket: TestBucket;
let folder: ClusterFolder;
let cluster: ClusterProcesses;
let out = "";
let outputs = 0;
beforeAll(async () => {
  bucket = await TestBucket.open();
  using files = new ClusterFolder();
  for (const name of ["a.txt", "b.txt"]) await bucket.put(`in/${name}`, files.read(`in/${name}`));
});
beforeEach(() => {
  folder = new ClusterFolder();
  out = `out-${outputs++}`;
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  bucket.proxy.calm();
  folder[Symbol.dispose]();
});
afterAll(() => bucket.close());

async function startCluster(masters = 1): Promise<void> {
  const environment = bucket.childEnv();
  cluster = await ClusterProcesses.start(folder, 2, { masters, environment });
}

/** A pipeline whose second step waits in a phase. */
function steps(where: "map" | "reduce"): GatedJob {
  return new GatedJob(folder, "steps", where, { from: 0 }, gatedSteps);
}

function run(job: string) {
  return cluster.run(job, bucket.url("in/"), bucket.url(out), "--quiet");
}

/** What the sequential executor puts out, for which the gate is open. */
async function expected(gated: GatedJob) {
  return whole(await folder.expected(gated.file));
}

/** Counts of words, and the words in order: part by part, so that a sample decides where. */
const RANGES = jobFile({
  before: `const count = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    for (const word of line.match(/\\p{L}+/gu) ?? []) emit(word, 1);
  },
  reduce: sum,
});
const order = defineJob({
  input: outputOf(count),
  intermediate: { key: string(), value: int() },
  partition: range(),
  map(word, number, emit) { emit(word, number); },
  reduce: identity,
});
export default pipeline(count).step(order);
/*`,
  definition: "",
}).replace(/\n$/, "*/\n");

/** The names of what lies between steps. */
async function between(): Promise<string[]> {
  const { names } = await foundAt(bucket, out);
  return names.filter((name) => name.startsWith("_steps/"));
}

test("its steps hand their runs on through faults of the network, and nothing stays", async () => {
  await startCluster();
  const gated = steps("map");
  gated.open();
  bucket.proxy.plan = seededFaults(3, 0.1, QUICK_FAULTS);
  const { code, stderr } = await run(gated.file).ended();
  expect(code, stderr).toBe(0);
  expect(bucket.proxy.struck.size).toBeGreaterThan(0);
  bucket.proxy.calm();
  expect(await foundAt(bucket, out)).toEqual(await expected(gated));
});

test.each([
  ["map", 1],
  ["reduce", 1],
  ["reduce", 3],
] as const)(
  "the leader killed in the %s phase of a step between, one of %i",
  async (phase, masters) => {
    await startCluster(masters);
    const gated = steps(phase);
    const running = run(gated.file);
    await gated.reached(2);
    expect(await between()).not.toEqual([]);
    const leader = await cluster.leader();
    await kill(leader.command);
    if (masters === 1) await cluster.restart(leader);
    gated.open();
    const { code, stderr } = await running.ended();
    expect(code, stderr).toBe(0);
    expect(gated.again()).toEqual([]);
    expect(await foundAt(bucket, out)).toEqual(await expected(gated));
  },
);

test("a worker killed while it hands a run on: another one does it", async () => {
  await startCluster();
  const gated = steps("reduce");
  gated.open();
  const isRun = (url = "") => /_steps\/[0-9a-f]+\/runs-1-1\/run-1-/.test(url);
  bucket.proxy.plan = ({ method, url }) =>
    method === "PUT" && isRun(url) ? "no answer" : undefined;
  const running = run(gated.file);
  await expect.poll(() => bucket.proxy.struck.get("no answer"), { timeout: 20_000 }).toBeTruthy();
  const [mark] = gated.marks().filter(({ phase, task }) => phase === "reduce" && task === 1);
  await kill(cluster.workers.find(({ process }) => process.pid === mark!.pid)!);
  bucket.proxy.calm();
  const { code, stderr } = await running.ended();
  expect(code, stderr).toBe(0);
  expect(gated.again()).not.toEqual([]);
  expect(await foundAt(bucket, out)).toEqual(await expected(gated));
});

test.each([false, true])(
  "cancelled between its steps it leaves nothing, and with its leader killed then (%s)",
  async (isKilled) => {
    await startCluster();
    const gated = steps("map");
    const running = run(gated.file);
    await gated.reached(2);
    expect(await between()).not.toEqual([]);
    if (isKilled) bucket.proxy.plan = () => "reset before";
    const jobs = await sheaf(folder.path, "jobs", "--json", "--masters", cluster.address);
    const { job } = JSON.parse(jobs.stdout) as { job: string };
    const cancelling = sheaf(folder.path, "cancel", job, "--masters", cluster.address);
    if (isKilled) {
      // The leader has begun to clear away, and gets nowhere.
      await expect.poll(() => bucket.proxy.struck.size, { timeout: 20_000 }).toBeGreaterThan(0);
      const [master] = cluster.masters;
      await kill(master!.command);
      bucket.proxy.calm();
      await cluster.restart(master!);
    }
    await cancelling;
    expect((await running.ended()).code).toBe(1);
    expect(await foundAt(bucket, out)).toEqual(NOTHING);
  },
);

test("a step samples what the one before has handed on, for its ranges", async () => {
  await startCluster();
  folder.write("ranges.ts", RANGES);
  const { code, stderr } = await run("ranges.ts").ended();
  expect(code, stderr).toBe(0);
  expect(await foundAt(bucket, out)).toEqual(whole(await folder.expected("ranges.ts")));
});

test.each([
  ["throws", "throw Error(word)", "Error: "],
  ["takes its thread along", "process.exit(3)", "called process.exit(3)"],
])("a later step that %s leaves nothing, and tells its record", async (_how, code, words) => {
  await startCluster();
  const failing = (pass: string) => gatedSteps(pass).replace("emit(word, half)", code);
  const gated = new GatedJob(folder, "steps", "reduce", { from: 0 }, failing);
  const ended = await run(gated.file).ended();
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(words);
  expect(ended.stderr).toMatch(/The record: '\p{L}+' \d+\n {2}in s3:/u);
  expect(await foundAt(bucket, out)).toEqual(NOTHING);
});
