/**
 * Pipelines of a real cluster that has S3 and no disk in common: what one step leaves for the next lies
 * below the output, where no reader finds it, and is gone in the end.
 */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { sheaf } from "../integration/support/command.ts";
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

function run(gated: GatedJob, ...flags: readonly string[]) {
  const words = ["--quiet", "--split-size", "4KB", ...flags];
  return cluster.run(gated.file, bucket.url("in/"), bucket.url(out), ...words);
}

/** What the sequential executor puts out, for which the gate is open. */
async function expected(gated: GatedJob) {
  return whole(await folder.expected(gated.file));
}

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
  const { code, stderr } = await run(gated).ended();
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
    const running = run(gated);
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
  const running = run(gated);
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
    const running = run(gated);
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

test("a failure in a later step leaves nothing", async () => {
  await startCluster();
  const failing = (pass: string) =>
    gatedSteps(pass).replace("emit(word, half)", "throw Error(word)");
  const gated = new GatedJob(folder, "failing", "reduce", { from: 0 }, failing);
  const { code, stderr } = await run(gated).ended();
  expect(code).toBe(1);
  expect(stderr).toContain("map task");
  expect(await foundAt(bucket, out)).toEqual(NOTHING);
});
