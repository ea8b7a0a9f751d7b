/**
 * Real workers, as processes, at a master whose part the test speaks.
 */

import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageFacts } from "../../src/base/package-facts.ts";
import { jobFile, RunFolder } from "../integration/support/run-folder.ts";
import { ScriptedJob, type ScriptedJobOptions } from "../support/scripted-job.ts";
import { ScriptedMaster } from "../support/scripted-master.ts";
import { WorkerProcess } from "./support/worker-process.ts";

const WORD_COUNT = jobFile({
  definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    for (const word of line.match(/\\p{L}+/gu) ?? []) emit(word, 1);
  },
  combine: sum,
  reduce: sum,`,
});

const TEXT = Array.from({ length: 400 }, (_, i) => `the line ${"abcdefgh".slice(i % 8)} of wörds`)
  .join("\n")
  .concat("\n");

let folder: RunFolder;
beforeAll(() => {
  folder = new RunFolder({ "word-count.ts": WORD_COUNT, "in/a.txt": TEXT, "in/b.txt": TEXT });
});
afterAll(() => folder[Symbol.dispose]());

let outputs = 0;

function plan(
  master: ScriptedMaster,
  changes: Partial<ScriptedJobOptions> = {},
): Promise<ScriptedJob> {
  const output = folder.at(`staged-${outputs++}`);
  mkdirSync(output);
  return ScriptedJob.plan(master, {
    file: folder.at("word-count.ts"),
    cwd: folder.path,
    inputs: [folder.at("in")],
    splitBytes: 2048,
    output,
    ...changes,
  });
}

describe("a worker", () => {
  test("registers with what it has", async () => {
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
    expect(await worker.end()).toMatchObject({ code: 0 });
    expect(worker.files()).toEqual([]);
  });

  test("two of them put out what the sequential executor does", async () => {
    await using master = await ScriptedMaster.start();
    await using _one = new WorkerProcess(master, ["--slots", "2"]);
    await using _two = new WorkerProcess(master, ["--slots", "2"]);
    const workers = [await master.worker(), await master.worker()];
    const job = await plan(master, { partitions: 3 });
    expect(job.splits.length).toBeGreaterThan(4);
    const parts = await job.run(workers);
    const expected = await folder.run({ job: "word-count.ts", partitions: 3, inline: true });
    expect(parts).toEqual(expected.parts);
    expect(master.bundleRequests).toHaveLength(2);
    expect(master.bugs).toEqual([]);
  });
});
