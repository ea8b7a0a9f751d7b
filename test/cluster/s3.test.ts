/**
 * Jobs of a real cluster with input and output on S3, whatever becomes of the workers that upload: a
 * reader of the output finds each partition once, and no upload is left behind.
 */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { TestBucket } from "../support/s3/bucket.ts";
import { QUICK_FAULTS, seededFaults } from "../support/s3/fault-proxy.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses } from "./support/cluster-processes.ts";
import { GatedJob, type Mark } from "./support/gated-job.ts";
import { foundAt, whole } from "./support/s3-output.ts";

let bucket: TestBucket;
let folder: ClusterFolder;
let cluster: ClusterProcesses;
let out = "";
let outputs = 0;
beforeAll(async () => {
  bucket = await TestBucket.open();
  folder = new ClusterFolder();
  for (const name of ["a.txt", "b.txt"]) await bucket.put(`in/${name}`, folder.read(`in/${name}`));
});
beforeEach(async () => {
  out = `out-${outputs++}`;
  cluster = await ClusterProcesses.start(folder, 2, { environment: bucket.childEnv() });
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  bucket.proxy.calm();
});
afterAll(async () => {
  folder[Symbol.dispose]();
  await bucket.close();
});

function run(job: string, ...flags: readonly string[]) {
  const words = ["--quiet", "--split-size", "4KB", ...flags];
  return cluster.run(job, bucket.url("in/"), bucket.url(out), ...words);
}

const isLast = ({ phase, task }: Mark) => phase === "reduce" && task === 1;

test("a job on S3 puts out what it does on one machine, through faults of the network", async () => {
  bucket.proxy.plan = seededFaults(7, 0.1, QUICK_FAULTS);
  expect(await run("word-count.ts").ended()).toMatchObject({ code: 0 });
  expect(bucket.proxy.struck.size).toBeGreaterThan(0);
  bucket.proxy.calm();
  expect(await foundAt(bucket, out)).toEqual(whole(await folder.expected()));
});

test("a worker killed in the middle of an upload leaves nothing, and another one does it", async () => {
  const gated = new GatedJob(folder, "killed", "reduce");
  gated.open();
  const isPiece = (url = "") => url.includes("part-00001") && url.includes("partNumber=");
  bucket.proxy.plan = ({ method, url }) =>
    method === "PUT" && isPiece(url) ? "no answer" : undefined;
  const running = run(gated.file);
  await expect.poll(() => bucket.proxy.struck.get("no answer"), { timeout: 20_000 }).toBeTruthy();
  const [mark] = gated.marks().filter(isLast);
  const victim = cluster.workers.find(({ process }) => process.pid === mark!.pid)!;
  victim.process.kill("SIGKILL");
  await victim.ended();
  expect((await foundAt(bucket, out)).names.filter((name) => !name.startsWith("_runs"))).toEqual(
    [],
  );
  expect((await foundAt(bucket, out)).uploads.some((key) => key.includes("part-00001"))).toBe(true);
  bucket.proxy.calm();
  expect(await running.ended()).toMatchObject({ code: 0 });
  expect(gated.marks().filter(isLast)).toHaveLength(2);
  expect(await foundAt(bucket, out)).toEqual(whole(await folder.expected()));
});

test("two attempts of one partition upload at once, and one of them is the part", async () => {
  const gated = new GatedJob(folder, "backup", "reduce", 1);
  const running = run(gated.file);
  // It gets no further, and the rest is done: so it gets a backup.
  await gated.reached(2, isLast);
  bucket.proxy.latencyMs = 300;
  gated.open();
  expect(await running.ended()).toMatchObject({ code: 0 });
  const begun = bucket.server.seen.filter(
    ({ method, key, query }) =>
      method === "POST" && key.startsWith(`${out}/part-00001`) && query.has("uploads"),
  );
  expect(begun).toHaveLength(2);
  expect(await foundAt(bucket, out)).toEqual(whole(await folder.expected()));
});
