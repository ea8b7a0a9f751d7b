/**
 * Pipelines of a real cluster that has S3 and no disk in common: what one step leaves for the next lies
 * below the output, where no reader finds it, and is gone in the end.
 */

import { expect, test } from "vitest";
import { sheaf } from "../integration/support/command.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { QUICK_FAULTS, seededFaults } from "../support/s3/fault-proxy.ts";
import { kill } from "./support/cluster-processes.ts";
import { GatedJob } from "./support/gated-job.ts";
import { gatedSteps } from "./support/gated-steps.ts";
import { S3Cluster } from "./support/s3-cluster.ts";
import { foundAt, NOTHING, whole } from "./support/s3-output.ts";

const s3 = S3Cluster.forTests();

/** A pipeline whose second step waits in a phase. */
function steps(where: "map" | "reduce"): GatedJob {
  return new GatedJob(s3.folder, "steps", where, { from: 0 }, gatedSteps);
}

/** What the sequential executor puts out, for which the gate is open. */
async function expected(gated: GatedJob) {
  return whole(await s3.folder.expected(gated.file));
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
  const { names } = await foundAt(s3.bucket, s3.out);
  return names.filter((name) => name.startsWith("_steps/"));
}

test("its steps hand their runs on through faults of the network, and nothing stays", async () => {
  await s3.start();
  const gated = steps("map");
  gated.open();
  s3.bucket.proxy.plan = seededFaults(3, 0.1, QUICK_FAULTS);
  const { code, stderr } = await s3.run(gated.file).ended();
  expect(code, stderr).toBe(0);
  expect(s3.bucket.proxy.struck.size).toBeGreaterThan(0);
  s3.bucket.proxy.calm();
  expect(await foundAt(s3.bucket, s3.out)).toEqual(await expected(gated));
});

test.each([
  ["map", 1],
  ["reduce", 1],
  ["reduce", 3],
] as const)(
  "the leader killed in the %s phase of a step between, one of %i",
  async (phase, masters) => {
    await s3.start(masters);
    const gated = steps(phase);
    const running = s3.run(gated.file);
    await gated.reached(2);
    expect(await between()).not.toEqual([]);
    const leader = await s3.processes.leader();
    await kill(leader.command);
    if (masters === 1) await s3.processes.restart(leader);
    gated.open();
    const { code, stderr } = await running.ended();
    expect(code, stderr).toBe(0);
    expect(gated.again()).toEqual([]);
    expect(await foundAt(s3.bucket, s3.out)).toEqual(await expected(gated));
  },
);

test("a worker killed while it hands a run on: another one does it", async () => {
  await s3.start();
  const gated = steps("reduce");
  gated.open();
  const isRun = (url = "") => /_steps\/[0-9a-f]+\/runs-1-1\/run-1-/.test(url);
  s3.bucket.proxy.plan = ({ method, url }) =>
    method === "PUT" && isRun(url) ? "no answer" : undefined;
  const running = s3.run(gated.file);
  await expect
    .poll(() => s3.bucket.proxy.struck.get("no answer"), { timeout: 20_000 })
    .toBeTruthy();
  const [mark] = gated.marks().filter(({ phase, task }) => phase === "reduce" && task === 1);
  await kill(s3.processes.workers.find(({ process }) => process.pid === mark!.pid)!);
  s3.bucket.proxy.calm();
  const { code, stderr } = await running.ended();
  expect(code, stderr).toBe(0);
  expect(gated.again()).not.toEqual([]);
  expect(await foundAt(s3.bucket, s3.out)).toEqual(await expected(gated));
});

test.each([false, true])(
  "cancelled between its steps it leaves nothing, and with its leader killed then (%s)",
  async (isKilled) => {
    await s3.start();
    const gated = steps("map");
    const running = s3.run(gated.file);
    await gated.reached(2);
    expect(await between()).not.toEqual([]);
    if (isKilled) s3.bucket.proxy.plan = () => "reset before";
    const jobs = await sheaf(s3.folder.path, "jobs", "--json", "--masters", s3.processes.address);
    const { job } = JSON.parse(jobs.stdout) as { job: string };
    const cancelling = sheaf(s3.folder.path, "cancel", job, "--masters", s3.processes.address);
    if (isKilled) {
      // The leader has begun to clear away, and gets nowhere.
      await expect.poll(() => s3.bucket.proxy.struck.size, { timeout: 20_000 }).toBeGreaterThan(0);
      const [master] = s3.processes.masters;
      await kill(master!.command);
      s3.bucket.proxy.calm();
      await s3.processes.restart(master!);
    }
    await cancelling;
    expect((await running.ended()).code).toBe(1);
    expect(await foundAt(s3.bucket, s3.out)).toEqual(NOTHING);
  },
);

test("a step samples what the one before has handed on, for its ranges", async () => {
  await s3.start();
  s3.folder.write("ranges.ts", RANGES);
  const { code, stderr } = await s3.run("ranges.ts").ended();
  expect(code, stderr).toBe(0);
  expect(await foundAt(s3.bucket, s3.out)).toEqual(whole(await s3.folder.expected("ranges.ts")));
});

test.each([
  ["throws", "throw Error(word)", "Error: "],
  ["takes its thread along", "process.exit(3)", "called process.exit(3)"],
])("a later step that %s leaves nothing, and tells its record", async (_how, code, words) => {
  await s3.start();
  const failing = (pass: string) => gatedSteps(pass).replace("emit(word, half)", code);
  const gated = new GatedJob(s3.folder, "steps", "reduce", { from: 0 }, failing);
  const ended = await s3.run(gated.file).ended();
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(words);
  expect(ended.stderr).toMatch(/The record: '\p{L}+' \d+\n {2}in s3:/u);
  expect(await foundAt(s3.bucket, s3.out)).toEqual(NOTHING);
});
