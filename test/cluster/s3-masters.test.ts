/**
 * Masters that are killed while a job with its output on S3 runs or is published: whatever the endpoint
 * has done by then, the next leader ends it, and a reader finds one output, of the sequential executor's
 * bytes.
 */

import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { sheaf } from "../integration/support/command.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import type { Fault } from "../support/s3/fault-proxy.ts";
import { kill } from "./support/cluster-processes.ts";
import { GatedJob } from "./support/gated-job.ts";
import { S3Cluster } from "./support/s3-cluster.ts";
import { foundAt, whole } from "./support/s3-output.ts";

const s3 = S3Cluster.forTests();

/** Kills the leader, and starts it again where it is the only one. */
async function killLeader(): Promise<void> {
  const leader = await s3.processes.leader();
  await kill(leader.command);
  if (s3.processes.masters.length === 1) await s3.processes.restart(leader);
}

describe.each([1, 3])("the leader of %i killed", (masters) => {
  test.each([
    ["map", 5],
    ["reduce", 2],
  ] as const)("in the %s phase: nothing is done again", async (phase, attempts) => {
    await s3.start(masters);
    const gated = new GatedJob(s3.folder, phase, phase, { from: phase === "map" ? 3 : 0 });
    const running = s3.run(gated.file);
    await gated.reached(attempts);
    await killLeader();
    gated.open();
    const { code, stderr } = await running.ended();
    expect(code, stderr).toBe(0);
    expect(gated.again()).toEqual([]);
    expect(await foundAt(s3.bucket, s3.out)).toEqual(whole(await s3.folder.expected()));
  });
});

type IsAsked = (request: { method: string; url: string }) => boolean;
const isFinish: IsAsked = ({ method, url }) => method === "POST" && url.includes("uploadId=");
const isCommit: IsAsked = ({ method, url }) => method === "PUT" && url.includes("/_SUCCESS");
const isMarkGone: IsAsked = ({ method, url }) => method === "DELETE" && url.includes("/_runs/");

/** Lets nothing through from the request on that is asked for, and resolves when it has come. */
async function strike(isAsked: IsAsked, first: Fault): Promise<void> {
  await new Promise<void>((resolve) => {
    let hasCome = false;
    s3.bucket.proxy.plan = ({ method = "", url = "" }: IncomingMessage) => {
      if (hasCome) return "reset before";
      if (!isAsked({ method, url })) return undefined;
      hasCome = true;
      resolve();
      return first;
    };
  });
}

describe("a master killed while it publishes, ", () => {
  test.each([
    ["before it could finish an upload", isFinish, "reset before"],
    ["when it had finished one, and did not know", isFinish, "answer lost"],
    ["before it could write the manifest", isCommit, "reset before"],
    ["when it had written the manifest, and did not know", isCommit, "answer lost"],
    ["before it could take its mark away", isMarkGone, "reset before"],
    ["when it had taken its mark away, and did not know", isMarkGone, "answer lost"],
  ] as const)("%s", async (_when, isAsked, first) => {
    await s3.start();
    const [master] = s3.processes.masters;
    // The output of another run is there already, so there is something to replace.
    expect((await s3.run("word-count.ts").ended()).code).toBe(0);
    const before = await s3.bucket.keys(`${s3.out}/`);
    const struck = strike(isAsked, first);
    const running = s3.run("word-count.ts", "--overwrite");
    await struck;
    await kill(master!.command);
    s3.bucket.proxy.calm();
    await s3.processes.restart(master!);
    const { code, stderr } = await running.ended();
    expect(code, stderr).toBe(0);
    expect(await foundAt(s3.bucket, s3.out)).toEqual(whole(await s3.folder.expected()));
    const after = await s3.bucket.keys(`${s3.out}/`);
    expect(after.filter((key) => before.includes(key))).toEqual([`${s3.out}/_SUCCESS`]);
    const jobs = await sheaf(s3.folder.path, "jobs", "--json", "--masters", s3.processes.address);
    expect(jobs.stdout.match(/"state":"succeeded"/g)).toHaveLength(2);
  });
});

test("a leader that stood still while it published takes nothing away that another one has", async () => {
  await s3.start(3);
  const struck = strike(isFinish, "no answer");
  const running = s3.run("word-count.ts");
  await struck;
  const leader = await s3.processes.leader();
  leader.command.process.kill("SIGSTOP");
  s3.bucket.proxy.calm();
  const { code, stderr } = await running.ended();
  expect(code, stderr).toBe(0);
  const expected = whole(await s3.folder.expected());
  expect(await foundAt(s3.bucket, s3.out)).toEqual(expected);
  leader.command.process.kill("SIGCONT");
  await leader.command.shows("does not lead any more");
  expect(await foundAt(s3.bucket, s3.out)).toEqual(expected);
});

/** Each map leaves a line on the console, and a bad record. */
const NOISY = (pass: string) =>
  jobFile({
    before: pass,
    definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map({ offset }, line, emit) {
    if (offset === 0) { console.log("began"); throw new Error("never"); }
    emit(line, 1);
  },
  reduce(_line, ones, emit, context) { pass(context); let n = 0; for (const one of ones) n += one; emit(n); },`,
  });

test("bad records and consoles of attempts that a dead leader heard of come with the output", async () => {
  await s3.start();
  const gated = new GatedJob(s3.folder, "noisy", "reduce", { from: 0 }, NOISY);
  const running = s3.run(gated.file, "--skip-bad-records", "10");
  await gated.reached(2);
  await killLeader();
  gated.open();
  const { code, stderr } = await running.ended();
  expect(code, stderr).toBe(0);
  const { names } = await foundAt(s3.bucket, s3.out);
  const left = names.filter((name) => name.startsWith("_"));
  expect(left.filter((name) => name.startsWith("_bad/RUN/map-"))).toHaveLength(2);
  expect(left.filter((name) => name.startsWith("_logs/RUN/map-"))).toHaveLength(2);
  expect(left.filter((name) => !/^_(bad|logs|SUCCESS)/.test(name))).toEqual([]);
});
