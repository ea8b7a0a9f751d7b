/**
 * Jobs, disks and messages that are bad: the attempt fails in the right words with the right one to
 * blame, and the worker goes on.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENDS_THREAD_AT_HEAP_LIMIT, FILL_HEAP } from "../integration/support/node-version.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { canMount } from "../support/output-folder.ts";
import { isOf } from "../support/scripted-job.ts";
import { ScriptedMaster, type ScriptedSession } from "../support/scripted-master.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { WorkerProcess } from "./support/worker-process.ts";

let folder: ClusterFolder;
let master: ScriptedMaster;
let process: WorkerProcess;
let worker: ScriptedSession;

beforeAll(async () => {
  folder = new ClusterFolder();
  master = await ScriptedMaster.start();
  process = new WorkerProcess(master, ["--slots", "1"]);
  worker = await master.worker();
});
afterAll(async () => {
  await process[Symbol.asyncDispose]();
  await master.close();
  folder[Symbol.dispose]();
});

/** A job whose map does as it is told. */
function mapping(map: string): string {
  return jobFile({
    definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    ${map}
  },
  reduce: sum,`,
  });
}

let files = 0;

/** How the first map of such a job ends. */
async function failureOf(map: string, setup = {}, on = worker) {
  const name = `bad-${files++}.ts`;
  folder.write(name, mapping(map));
  const job = await folder.plan(master, name, { setup });
  job.tell(on);
  const ref = job.assignMap(on, 0);
  const { failure, fatal } = await on.hears("attempt-failed", isOf(ref));
  return { failure, fatal };
}

/** After whatever happened, the one slot works. */
async function works(on = worker): Promise<void> {
  const job = await folder.plan(master, "word-count.ts", { splitBytes: 100_000 });
  expect(await job.run([on])).toEqual(await folder.expected());
}

describe("an attempt fails", () => {
  test("of an error, which is told at the user's own line", async () => {
    const { failure, fatal } = await failureOf(
      'if (line.includes("abc")) throw new TypeError("odd");',
    );
    expect(failure).toMatchObject({ kind: "failed", code: "USER_CODE", message: "TypeError: odd" });
    expect(failure.record).toMatchObject({ ordinal: 0, file: folder.at("in/a.txt"), offset: 0 });
    expect(failure.codeFrame).toContain('throw new TypeError("odd")');
    expect(fatal).toBe(false);
    expect(process.command.stderr).toMatch(
      /The map task 0 \(attempt 0, job j-\d+\) failed: TypeError: odd/,
    );
    await works();
  });

  test("of process.exit, at its record", async () => {
    const { failure } = await failureOf("process.exit(0);");
    expect(failure).toMatchObject({ kind: "failed", code: "THREAD_DIED", record: { ordinal: 0 } });
    expect(failure.message).toContain("process.exit(0)");
    await works();
  });

  test("of an endless loop, when its time is over", async () => {
    const { failure } = await failureOf("for (;;);", { taskTimeoutMs: 1000 });
    expect(failure).toMatchObject({ kind: "failed", code: "TASK_TIMEOUT", record: { ordinal: 0 } });
    await works();
  });

  test.skipIf(!ENDS_THREAD_AT_HEAP_LIMIT)("of a heap that is full", async () => {
    // So many slots have a small heap each.
    await using _process = new WorkerProcess(master, ["--slots", "1024", "--name", "many"]);
    const many = await master.worker();
    const { failure } = await failureOf(FILL_HEAP, {}, many);
    expect(failure).toMatchObject({ kind: "failed", code: "THREAD_DIED", record: { ordinal: 0 } });
    expect(failure.message).toContain("ran out of memory: the heap limit is 256 MB.");
    await works(many);
  });

  test("for good, of a job that does not load", async () => {
    folder.write("broken.ts", `${folder.read("word-count.ts")}\nthrow new Error("at the top");`);
    const job = await folder.plan(master, "broken.ts");
    job.tell(worker);
    const ref = job.assignMap(worker, 0);
    const { failure, fatal } = await worker.hears("attempt-failed", isOf(ref));
    expect(failure).toMatchObject({ kind: "failed", code: "JOB_INVALID" });
    expect(failure.message).toContain("at the top");
    expect(fatal).toBe(true);
    await works();
  });

  test("for good, of params that are none", async () => {
    const { failure, fatal } = await failureOf("", { params: new Uint8Array([0xc1]) });
    expect(failure).toMatchObject({ kind: "failed", code: "MESSAGE_INVALID" });
    expect(fatal).toBe(true);
  });

  test("here, but not for good, of an input that this machine cannot read", async () => {
    const job = await folder.plan(master);
    job.tell(worker);
    const ref = job.ref("map", 0);
    const [segment] = job.splits[0]!.segments;
    const file = { ...segment!.file, path: folder.at("in/not-mounted.txt") };
    const split = { ...job.splits[0]!, segments: [{ ...segment!, file }] };
    job.assign(worker, ref, { kind: "map", split });
    const { failure, fatal } = await worker.hears("attempt-failed", isOf(ref));
    expect(failure.kind).toBe("failed");
    expect(failure.message).toContain("not-mounted.txt");
    expect(fatal).toBe(false);
  });
});

describe("an attempt is lost", () => {
  test("where the leader has not its bundle, and the next one asks again", async () => {
    const job = await folder.plan(master, "word-count.ts");
    const bundle = "ab".repeat(32);
    const missing = { ...job.setup, bundle };
    worker.say({ type: "job-setup", setup: missing });
    for (const attempt of [0, 1]) {
      const ref = job.assignMap(worker, 0, attempt);
      const { failure, fatal } = await worker.hears("attempt-failed", isOf(ref));
      expect(failure).toMatchObject({ kind: "lost", code: "NOT_FOUND" });
      expect(fatal).toBe(false);
    }
    expect(master.bundleRequests.filter((hash) => hash === bundle).length).toBeGreaterThan(1);
  });

  test("where its bundle comes damaged", async () => {
    const hash = master.addBundle(Buffer.from("{}"));
    master.damageBundle(hash);
    const job = await folder.plan(master, "word-count.ts", { setup: { bundle: hash } });
    job.tell(worker);
    const ref = job.assignMap(worker, 0);
    const { failure } = await worker.hears("attempt-failed", isOf(ref));
    expect(failure).toMatchObject({ kind: "lost", code: "NOT_FOUND" });
    expect(failure.message).toContain("another hash");
  });

  test("where the worker was told nothing of its job", async () => {
    const job = await folder.plan(master);
    const ref = job.assignMap(worker, 0);
    const { failure } = await worker.hears("attempt-failed", isOf(ref));
    expect(failure).toMatchObject({ kind: "lost", code: "NOT_FOUND" });
  });
});

describe.skipIf(!canMount())("a disk that is full", () => {
  test("is not the job's fault, when it maps and when it fetches", async () => {
    const disk = folder.at("disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=160k", "tmpfs", disk]);
    try {
      await using _small = new WorkerProcess(master, ["--work-dir", disk, "--name", "small"]);
      const small = await master.worker();
      folder.write("large.ts", mapping("for (let i = 0; i < 2000; i++) emit(line + i, i);"));
      const job = await folder.plan(master, "large.ts", { partitions: 1 });
      for (const each of [small, worker]) job.tell(each);
      const map = job.assignMap(small, 0);
      const spilled = await small.hears("attempt-failed", isOf(map));
      expect(spilled).toMatchObject({ fatal: false, failure: { kind: "lost", code: "NO_SPACE" } });
      const reduce = job.assignReduce(small, 0);
      job.locate(small, 0, [await job.map(worker, 0)]);
      const fetched = await small.hears("attempt-failed", isOf(reduce));
      expect(fetched).toMatchObject({ fatal: false, failure: { kind: "lost", code: "NO_SPACE" } });
      // What filled it is gone.
      const little = await folder.plan(master);
      little.tell(small);
      await little.map(small, 0);
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  });
});
