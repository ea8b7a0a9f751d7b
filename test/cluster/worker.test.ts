/**
 * Real workers, as processes, at a master whose part the test speaks: what they do when all goes well.
 */

import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageFacts } from "../../src/base/package-facts.ts";
import { stub } from "../../src/rpc/client/stub.ts";
import { healthService } from "../../src/rpc/services/health.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { RpcNodes } from "../support/rpc-nodes.ts";
import { isOf, succeeded } from "../support/scripted-job.ts";
import { ScriptedMaster, type ScriptedSession } from "../support/scripted-master.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { WorkerProcess } from "./support/worker-process.ts";

let folder: ClusterFolder;
beforeAll(() => {
  folder = new ClusterFolder();
});
afterAll(() => folder[Symbol.dispose]());

describe("two workers", () => {
  let master: ScriptedMaster;
  let processes: readonly WorkerProcess[];
  let workers: ScriptedSession[];
  beforeAll(async () => {
    master = await ScriptedMaster.start();
    processes = [0, 1].map(() => new WorkerProcess(master, ["--slots", "2"]));
    workers = [await master.worker(), await master.worker()];
  });
  afterAll(async () => {
    for (const worker of processes) await worker[Symbol.asyncDispose]();
    await master.close();
  });

  test("put out what the sequential executor does", async () => {
    const job = await folder.plan(master, "word-count.ts", { partitions: 3 });
    expect(job.splits.length).toBeGreaterThan(4);
    expect(await job.run(workers)).toEqual(await folder.expected("word-count.ts", 3));
    expect(master.bugs).toEqual([]);
  });

  test("fetch a bundle once each, however many attempts and jobs need it", async () => {
    master.bundleRequests.length = 0;
    folder.write("other.ts", `// Another bundle.\n${folder.read("word-count.ts")}`);
    const before = await folder.plan(master, "other.ts");
    await before.run(workers);
    for (const worker of workers) worker.say({ type: "forget-job", job: before.id });
    const after = await folder.plan(master, "other.ts");
    await after.run(workers);
    expect(master.bundleRequests).toEqual([before.setup.bundle, before.setup.bundle]);
  });

  test("reduce while maps still run, in whatever order regions come", async () => {
    const [one, two] = workers as [ScriptedSession, ScriptedSession];
    const job = await folder.plan(master);
    for (const worker of workers) job.tell(worker);
    const reduces = [job.assignReduce(one, 0), job.assignReduce(two, 1)];
    for (const task of [...job.splits.keys()].reverse()) {
      const mapped = await job.map(workers[task % 2]!, task);
      for (const [partition, worker] of workers.entries()) job.locate(worker, partition, [mapped]);
    }
    const [first, second] = await Promise.all([
      succeeded(one, reduces[0]!),
      succeeded(two, reduces[1]!),
    ]);
    expect([job.part(0), job.part(1)]).toEqual(await folder.expected());
    const { task } = first.result.counters;
    expect(task.SHUFFLED_MAPS).toBe(job.splits.length);
    expect(second.result.counters.task.SHUFFLED_MAPS).toBe(job.splits.length);
  });

  test("take regions from locations that came before the attempt", async () => {
    const [one] = workers as [ScriptedSession];
    const job = await folder.plan(master, "word-count.ts", { partitions: 1, splitBytes: 100_000 });
    job.tell(one);
    job.tell(workers[1]!);
    const mapped = await Promise.all(job.splits.map((_, task) => job.map(workers[1]!, task)));
    job.locate(one, 0, mapped);
    await succeeded(one, job.assignReduce(one, 0));
    expect(job.part(0)).toBe((await folder.expected("word-count.ts", 1))[0]);
  });

  test("reduce at once where there is no map", async () => {
    const [one] = workers as [ScriptedSession];
    const job = await folder.plan(master, "word-count.ts", { setup: { mapTasks: 0 } });
    job.tell(one);
    const { result } = await succeeded(one, job.assignReduce(one, 0));
    expect(result.output).toMatchObject({ kind: "part", part: { bytes: 0, records: 0 } });
    expect(job.part(0)).toBe("");
  });

  test("sample, and partition by the boundaries they are told", async () => {
    const [one] = workers as [ScriptedSession];
    folder.write(
      "range.ts",
      folder.read("word-count.ts").replace("combine: sum", "partition: range()"),
    );
    const job = await folder.plan(master, "range.ts");
    job.tell(one);
    const sample = job.ref("sample", 0);
    const windows = job.splits.map((split) => ({ split, stride: 1 }));
    job.assign(one, sample, { kind: "sample", windows });
    const { output } = (await succeeded(one, sample)).result;
    if (output.kind !== "sample") throw new Error("It is no sample.");
    expect(output.boundaries).toHaveLength(1);
    one.say({ type: "boundaries", job: job.id, keys: output.boundaries });
    const parts = await job.run([one]);
    const [last] = parts[0]!.trimEnd().split("\n").slice(-1);
    const [first] = parts[1]!.split("\n");
    expect(last! < first!).toBe(true);
    expect(parts.join("")).toBe((await folder.expected("word-count.ts", 1))[0]);
  });
});

describe("a worker", () => {
  test("registers with what it has, answers pings, and leaves nothing behind", async () => {
    await using master = await ScriptedMaster.start();
    await using worker = new WorkerProcess(master, [
      "--slots",
      "3",
      "--rack",
      "r1",
      "--host",
      "h1",
    ]);
    const session = await master.worker();
    const { port } = new URL(`tcp://${session.register.regionAddress}`);
    expect(session.register).toEqual({
      type: "register",
      worker: `${hostname()}-${port}`,
      regionAddress: `127.0.0.1:${port}`,
      slots: 3,
      slotMemoryBytes: 16 * 2 ** 20,
      host: "h1",
      rack: "r1",
      version: packageFacts().version,
      running: [],
      ended: [],
      jobs: [],
    });
    await session.pong();
    const nodes = new RpcNodes();
    const health = stub(healthService, nodes.channel({ host: "127.0.0.1", port: Number(port) }));
    for (const name of ["", "sheaf.v1.RegionService", "sheaf.v1.WorkerService"]) {
      expect(await health.check(name)).toBe("serving");
    }
    // A master could not be reached through it any more, and regions can.
    session.end();
    await session.ended();
    await master.session();
    expect(await health.check("sheaf.v1.WorkerService")).toBe("not-serving");
    expect(await health.check("")).toBe("serving");
    await nodes.close();
    expect(await worker.end()).toMatchObject({ code: 0 });
    expect(worker.files()).toEqual([]);
  });

  test("works in a folder that is a link to another", async () => {
    mkdirSync(folder.at("real"));
    symlinkSync(folder.at("real"), folder.at("link"));
    await using master = await ScriptedMaster.start();
    await using worker = new WorkerProcess(master, ["--work-dir", folder.at("link")]);
    const job = await folder.plan(master, "word-count.ts", { splitBytes: 100_000 });
    expect(await job.run([await master.worker()])).toEqual(await folder.expected());
    await worker.end();
    expect(readdirSync(folder.at("real"))).toEqual([]);
  });

  test("shows a job the environment that it was given, and little of its own", async () => {
    folder.write(
      "environment.ts",
      jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: string() },
  map(_position, _line, emit) {
    for (const [name, value] of Object.entries(process.env)) emit(name, value);
  },
  reduce(_key, values, emit) {
    for (const value of values) return emit(value);
  },`,
      }),
    );
    await using master = await ScriptedMaster.start();
    const own = { SHEAF_TOKEN: "a-secret-of-the-worker", AWS_REGION: "nowhere-1" };
    await using _worker = new WorkerProcess(master, [], own);
    const session = await master.worker();
    const environment = { COLOUR: "blue", HOME: "/given" };
    const options = { partitions: 1, setup: { environment } };
    const job = await folder.plan(master, "environment.ts", options);
    const [part] = await job.run([session]);
    expect(part).toContain("COLOUR\tblue\n");
    expect(part).toContain("HOME\t/given\n");
    expect(part).toContain("AWS_REGION\tnowhere-1\n");
    expect(part).not.toContain("secret");
    expect(part).not.toContain("NO_COLOR");
  });

  test("has attempts wait for a slot, a few, and refuses more as lost", async () => {
    await using master = await ScriptedMaster.start();
    await using _worker = new WorkerProcess(master, ["--slots", "1"]);
    const session = await master.worker();
    const { job, open } = await folder.planGated(master);
    job.tell(session);
    const refs = [0, 1, 2, 3, 4].map((task) => job.assignMap(session, task));
    const surplus = job.assignMap(session, 5);
    const refused = await session.hears("attempt-failed", isOf(surplus));
    expect(refused).toMatchObject({
      fatal: false,
      failure: { kind: "lost", code: "LIMIT_REACHED" },
    });
    // One that waits can be ended like any other.
    session.say({ type: "kill", attempt: refs[2]!, reason: "lost-race" });
    await session.hears("attempt-killed", isOf(refs[2]!));
    open();
    for (const task of [0, 1, 3, 4]) await succeeded(session, refs[task]!);
    const killed = await job.map(session, 2, 1);
    expect(killed.ref.attempt).toBe(1);
  });

  test("ends an attempt that is killed, and its slot takes the next", async () => {
    await using master = await ScriptedMaster.start();
    await using worker = new WorkerProcess(master, ["--slots", "1"]);
    const session = await master.worker();
    const { job } = await folder.planGated(master);
    job.tell(session);
    const endless = job.assignMap(session, 0);
    await session.hears("progress", ({ attempts }) => attempts.some(isOf(endless)));
    session.say({ type: "kill", attempt: endless, reason: "lost-race" });
    await session.hears("attempt-killed", isOf(endless));
    const other = await folder.plan(master);
    other.tell(session);
    await other.map(session, 0);
    const left = worker.files().filter((path) => path.includes(`${job.id}/map-0-0`));
    expect(left).toEqual([]);
    // One that it does not know has no slot either.
    const unknown = job.ref("map", 3);
    session.say({ type: "kill", attempt: unknown, reason: "unknown-attempt" });
    await session.hears("attempt-killed", isOf(unknown));
  });

  test("ends a reduce attempt that waits for regions, and removes what it fetched", async () => {
    await using master = await ScriptedMaster.start();
    await using worker = new WorkerProcess(master, ["--slots", "1"]);
    await using _other = new WorkerProcess(master, ["--slots", "1"]);
    const [a, b] = [await master.worker(), await master.worker()];
    const job = await folder.plan(master);
    for (const session of [a, b]) job.tell(session);
    const reduce = job.assignReduce(a, 0);
    job.locate(a, 0, [await job.map(b, 0)]);
    a.say({ type: "kill", attempt: reduce, reason: "lost-race" });
    await a.hears("attempt-killed", isOf(reduce));
    expect(worker.files().filter((path) => path.includes("reduce"))).toEqual([]);
    await job.map(a, 1);
  });

  test("forgets a job: its attempts end, and its files are gone", async () => {
    await using master = await ScriptedMaster.start();
    await using worker = new WorkerProcess(master, ["--slots", "2", "--json"]);
    const session = await master.worker();
    const job = await folder.plan(master);
    job.tell(session);
    await job.map(session, 0);
    expect(worker.files().some((path) => path.includes(job.id))).toBe(true);
    const { job: gated } = await folder.planGated(master);
    gated.tell(session);
    const endless = gated.assignMap(session, 0);
    await session.hears("progress", ({ attempts }) => attempts.some(isOf(endless)));
    for (const { id } of [job, gated]) session.say({ type: "forget-job", job: id });
    await session.hears("attempt-killed", isOf(endless));
    for (const { id } of [job, gated]) {
      await worker.command.shows(`"event":"job-forgotten","message":"Job ${id} is over here."`);
      expect(worker.files().filter((path) => path.includes(id))).toEqual([]);
    }
  });

  test("begins a job anew under its own name in the very moment that it is to forget it", async () => {
    await using master = await ScriptedMaster.start();
    await using worker = new WorkerProcess(master, ["--slots", "2", "--json"]);
    const session = await master.worker();
    const job = await folder.plan(master);
    job.tell(session);
    for (let life = 0; life < 10; life++) {
      await Promise.all([...job.splits.keys()].map((task) => job.map(session, task)));
      session.say({ type: "forget-job", job: job.id });
      job.tell(session);
    }
    await job.map(session, 0);
    const files = worker.files().filter((path) => path.includes(`${job.id}/`));
    expect(files.map((path) => path.slice(path.lastIndexOf("/")))).toEqual(["/map-0-0"]);
    expect(master.bugs).toEqual([]);
  });
});
