/**
 * Jobs on a cluster of real processes that fail, that are cancelled, and whose workers die: what they
 * put out is what the sequential executor puts out, byte for byte, or nothing.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Command, sheaf } from "../integration/support/command.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses } from "./support/cluster-processes.ts";
import { GatedJob, type Mark } from "./support/gated-job.ts";

describe("a cluster of three workers", () => {
  let folder: ClusterFolder;
  let cluster: ClusterProcesses;
  beforeAll(async () => {
    folder = new ClusterFolder({
      "throws.ts": jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    if (line.includes("line")) throw new Error("no lines, please");
    emit(line, 1);
  },
  reduce: sum,`,
      }),
    });
    cluster = await ClusterProcesses.start(folder, 3);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test("shows the user's own line when a map fails, and leaves nothing", async () => {
    const begun = cluster.begin("throws.ts");
    const { code, stderr } = await begun.command.ended();
    expect(code).toBe(1);
    expect(stderr).toContain("no lines, please");
    expect(stderr).toMatch(/throws\.ts:\d+/);
    expect(cluster.left(begun.output)).toEqual([]);
  });

  test("ends a job whose sample cannot be read, and leaves nothing", async () => {
    folder.write(
      "unsampled.ts",
      jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  partition: range(),
  map() { process.exit(7); },
  reduce: sum,`,
      }),
    );
    const begun = cluster.begin("unsampled.ts");
    const { code, stderr } = await begun.command.ended();
    expect(code).toBe(1);
    expect(stderr).toContain("Cannot sample the input");
    expect(stderr).toContain("process.exit(7)");
    expect(cluster.left(begun.output)).toEqual([]);
  });

  test("leaves out bad records, keeps them aside, and tells what was written to the console", async () => {
    folder.write(
      "picky.ts",
      jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    if (line.startsWith("the line h of")) throw new Error("not this one");
    if (line.startsWith("the line gh")) console.log("seen:", line);
    emit(line, 1);
  },
  reduce: sum,`,
      }),
    );
    const begun = cluster.begin("picky.ts", "--skip-bad-records", "1000");
    const { parts, ended } = await cluster.output(begun);
    const here = await folder.run({ job: "picky.ts", skipBadRecords: 1000, splitBytes: 4096 });
    expect(parts).toEqual(here.parts);
    const side = (output: string, name: string) =>
      readdirSync(join(output, name)).map((file) => [
        file,
        readFileSync(join(output, name, file), "utf8"),
      ]);
    expect(side(begun.output, "_bad").length).toBeGreaterThan(0);
    for (const name of ["_bad", "_logs"]) {
      expect(side(begun.output, name)).toEqual(side(here.result.output, name));
    }
    const id = /Submitted as (j-[0-9a-f]+)/.exec(ended.stderr)![1]!;
    const logs = await sheaf(folder.path, "logs", id, "--masters", cluster.address);
    expect(logs.stdout).toContain("seen: the line gh");
  });

  test("runs a job again in the threads that know it, and in fresh ones if its variables differ", async () => {
    const job = jobFile({
      before: 'import { randomUUID } from "node:crypto";\nconst THREAD = randomUUID();',
      definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, _line, emit) { emit(THREAD, 1); },
  reduce: sum,`,
    });
    folder.write("threads.ts", job);
    const threads = async (variable: string): Promise<string[]> => {
      const begun = cluster.begin("threads.ts", "--env", `VARIABLE=${variable}`);
      const { parts } = await cluster.output(begun);
      return parts.flatMap((part) => part.match(/^[-0-9a-f]{36}/gm) ?? []);
    };
    const first = new Set(await threads("1"));
    expect(first.size).toBeGreaterThan(0);
    expect((await threads("1")).some((thread) => first.has(thread))).toBe(true);
    expect((await threads("2")).some((thread) => first.has(thread))).toBe(false);
  });

  test("refuses an output that holds data", async () => {
    const first = cluster.begin("word-count.ts", "--quiet");
    await cluster.output(first);
    const words = ["run", "word-count.ts", folder.at("in"), "-o", first.output];
    const { code, stderr } = await sheaf(folder.path, ...words, "--masters", cluster.address);
    expect(code).toBe(2);
    expect(stderr).toContain("--overwrite");
  });

  test("lists its jobs and its workers", async () => {
    const jobs = await sheaf(folder.path, "jobs", "--masters", cluster.address);
    expect(jobs.code).toBe(0);
    expect(jobs.stdout).toContain("word-count");
    const status = await sheaf(folder.path, "cluster", "--masters", cluster.address);
    for (const name of ["w1", "w2", "w3"]) expect(status.stdout).toContain(name);
  });
});

describe("when machines die", () => {
  let folder: ClusterFolder;
  let cluster: ClusterProcesses;
  let gated: GatedJob;
  beforeEach(async () => {
    folder = new ClusterFolder();
    cluster = await ClusterProcesses.start(folder, 3);
  });
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  /** The worker that runs a task which waits. */
  function waiting(phase: Mark["phase"]): Command {
    const pids = gated.marks().flatMap((mark) => (mark.phase === phase ? [mark.pid] : []));
    return cluster.workers.find(({ process }) => pids.includes(process.pid!))!;
  }

  /** Begins a job, and waits until so many of its tasks wait. */
  async function beginGated(phase: Mark["phase"], tasks: number) {
    gated = new GatedJob(folder, phase, phase);
    const begun = cluster.begin(gated.file, "--quiet");
    await gated.reached(tasks);
    return begun;
  }

  test.each([
    ["map", 3],
    ["reduce", 2],
  ] as const)(
    "a worker killed in the middle of a %s task costs nothing but time",
    async (phase, tasks) => {
      const begun = await beginGated(phase, tasks);
      const victim = waiting(phase);
      victim.process.kill("SIGKILL");
      await victim.ended();
      gated.open();
      const { parts } = await cluster.output(begun);
      expect(parts).toEqual(await folder.expected());
      expect(cluster.master.stderr).toContain("is given up");
    },
  );

  test("all workers killed, and others come: the job goes on", async () => {
    const begun = await beginGated("map", 3);
    for (const { process } of cluster.workers) process.kill("SIGKILL");
    await cluster.addWorker();
    gated.open();
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
  });

  test("a worker that was stopped for too long begins a new life", async () => {
    const begun = await beginGated("map", 3);
    const sleeper = waiting("map");
    sleeper.process.kill("SIGSTOP");
    await cluster.master.shows("is given up");
    gated.open();
    const { parts } = await cluster.output(begun);
    expect(parts).toEqual(await folder.expected());
    sleeper.process.kill("SIGCONT");
    await sleeper.shows("it begins anew");
  });

  test("the first Ctrl-C cancels the job, and leaves nothing", async () => {
    const begun = await beginGated("map", 1);
    begun.command.process.kill("SIGINT");
    const { code } = await begun.command.ended();
    expect(code).toBe(130);
    expect(cluster.left(begun.output)).toEqual([]);
  });

  test("a client may go, and its job goes on", async () => {
    const begun = await beginGated("map", 1);
    begun.command.process.kill("SIGKILL");
    await begun.command.ended();
    gated.open();
    const { stdout } = await sheaf(folder.path, "jobs", "--json", "--masters", cluster.address);
    const { job } = JSON.parse(stdout.split("\n")[0]!) as { job: string };
    const status = ["status", job, "--follow", "--masters", cluster.address];
    expect((await sheaf(folder.path, ...status)).code).toBe(0);
    expect(readdirSync(begun.output)).toContain("_SUCCESS");
  });
});
