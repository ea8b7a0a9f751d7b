/**
 * `sheaf run --masters` as a process of its own, against servers that speak the real protocol: what it
 * sends, what it shows, how it ends, and that it comes through the loss of a leader.
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SheafError } from "../../src/base/error.ts";
import { attemptNumber, taskIndex, workerName } from "../../src/base/ids.ts";
import { unpackBundle } from "../../src/bundle/packed-bundle.ts";
import { unpackParams } from "../../src/job/packed-params.ts";
import type { JobEvent } from "../../src/job/report.ts";
import {
  attemptFailed,
  jobResult,
  jobStarted,
  mapPhase,
  progress,
  reducePhase,
  stepStarted,
} from "../support/fake-process.ts";
import { ScriptedCluster, type ScriptedJob } from "../support/scripted-cluster.ts";
import { Command, type Ended, sheaf } from "./support/command.ts";
import { jobFile, RunFolder } from "./support/run-folder.ts";

const MAP = `map(_position, line, emit, { params }) { emit(line, Number(params.least ?? 1)); }`;
const JOB = jobFile({
  before: `const least = { "~standard": { version: 1, vendor: "test", validate: (value) =>
    /^\\d*$/.test(value.least ?? "") ? { value } : { issues: [{ message: "it is no number", path: ["least"] }] } } };`,
  definition: `params: least, input: text(), intermediate: { key: string(), value: int() }, ${MAP}, reduce: sum,`,
});

let masters: ScriptedCluster;
let folder: RunFolder;
beforeEach(async () => {
  masters = await ScriptedCluster.start({ masters: 2 });
  folder = new RunFolder({ "job.ts": JOB, "in/a.txt": "a\n" });
});
afterEach(async () => {
  // Of a test that failed.
  for (const { process } of started.splice(0)) process.kill("SIGKILL");
  folder[Symbol.dispose]();
  await masters.close();
});

const started: Command[] = [];

function start(...words: string[]): Command {
  const command = new Command(folder.path, words);
  started.push(command);
  return command;
}

const RUN = ["run", "job.ts", "in/", "-o", "out"];

function onCluster(...flags: string[]): string[] {
  return [...RUN, "--masters", masters.masters, ...flags];
}

function run(...flags: string[]): Promise<Ended> {
  return sheaf(folder.path, ...onCluster(...flags));
}

/** A whole job, which ends well. */
const EVENTS: readonly JobEvent[] = [
  jobStarted(),
  stepStarted(),
  attemptFailed(0, "Error: no"),
  progress(mapPhase(100), reducePhase(2)),
  { type: "job-ended", ok: true, result: jobResult({ output: "/data/out" }) },
];

function succeed(job: ScriptedJob): void {
  for (const event of EVENTS) job.tell(event);
}

function begin(job: ScriptedJob): void {
  job.tell(jobStarted());
  job.tell(stepStarted());
}

/** Resolves with the job as soon as it is submitted, in its map phase. */
function submitted(): Promise<ScriptedJob> {
  return new Promise((resolve) => {
    masters.onSubmit = (job) => {
      begin(job);
      resolve(job);
    };
  });
}

describe("sheaf run --masters", () => {
  test("sends the bundle and the job, whose paths are absolute", async () => {
    masters.onSubmit = succeed;
    const { code } = await sheaf(
      folder.path,
      ...[
        "run",
        "job.ts",
        "in",
        "../*.txt",
        "s3://logs/2024/",
        "-o",
        "out",
        "--overwrite",
        "-R",
        "7",
      ],
      ...["--param", "least=3", "--priority", "-5", "--slowstart", "0.5", "--max-attempts", "2"],
      ...["--masters", masters.masters],
    );
    expect(code).toBe(0);
    const { spec } = masters.job;
    expect(spec).toMatchObject({
      name: basename(folder.path),
      inputs: [folder.at("in"), `${folder.at("..")}/*.txt`, "s3://logs/2024/"],
      output: folder.at("out"),
      overwrite: true,
      partitions: 7,
      priority: -5,
      slowStart: 0.5,
      attemptsMax: 2,
      memoryBytes: undefined,
    });
    expect(unpackParams(spec.params)).toEqual({ least: "3" });
    const bytes = masters.bundles.get(spec.bundle)!;
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(spec.bundle);
    const bundle = unpackBundle(bytes);
    expect(bundle).toMatchObject({ entry: folder.at("job.ts"), cwd: folder.path });
    const { sourcesContent } = JSON.parse(bundle.map) as { sourcesContent: string[] };
    expect(sourcesContent).toContain(readFileSync(folder.at("job.ts"), "utf8"));
  });

  test("shows what a run on this machine shows, and ends with 0", async () => {
    masters.onSubmit = succeed;
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    const lines = stderr.split("\n");
    expect(lines[0]).toBe(`Submitted as ${masters.job.id}.`);
    expect(lines[1]).toBe("job.ts: 12 files, 100 MB, 2 slots, 2 partitions");
    expect(lines[2]).toBe("map 3, attempt 0 failed: Error: no (will run again)");
    expect(stderr).toContain("✓ job.ts done in 4.2 s\n\n  output   /data/out\n");
    expect(stderr).toContain("  retried  1 failed attempt\n");
  });

  test("--json: prints the same events, and nothing else on standard output", async () => {
    masters.onSubmit = succeed;
    const { code, stdout, stderr } = await run("--json");
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events).toEqual(JSON.parse(JSON.stringify(EVENTS)));
    expect(stderr).toBe(`Submitted as ${masters.job.id}.\n`);
  });

  test("--quiet: prints nothing", async () => {
    masters.onSubmit = succeed;
    expect(await run("--quiet")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  test("--detach: prints the job's id and leaves; sheaf status --follow comes back for its end", async () => {
    const job = submitted();
    const { code, stdout, stderr } = await run("--detach");
    const { id } = await job;
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `${id}\n`,
      stderr: `To follow it: sheaf status ${id} --follow\n`,
    });
    const words = ["status", id, "--follow", "--masters", masters.masters];
    const follower = start(...words);
    await follower.shows("12 files");
    masters.job.fail("USER_CODE", "The map task 3 failed 4 times.");
    const ended = await follower.ended();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/error: The map task 3 failed 4 times.\n$/);
  });
});

describe("sheaf run --masters: a job that fails", () => {
  test("ends with 1 and the job's own error", async () => {
    masters.onSubmit = (job) => {
      begin(job);
      job.fail("USER_CODE", "The map task 3 failed 4 times:\n\nError: no");
    };
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: The map task 3 failed 4 times:\n\nError: no\n$/);
  });

  test("ends with 2 if it was refused before a task ran", async () => {
    masters.onSubmit = (job) => job.fail("INPUT_MISSING", 'Cannot find the input "in".');
    expect(await run()).toMatchObject({ code: 2 });
    masters.onSubmit = () => {
      throw new SheafError("OUTPUT_EXISTS", "The output folder holds data.");
    };
    const { code, stderr } = await run("-q");
    expect({ code, stderr }).toEqual({ code: 2, stderr: "error: The output folder holds data.\n" });
  });

  test("of a bug of ours ends with 1 and says so, without frames of this machine", async () => {
    masters.onSubmit = (job) => job.fail("BUG", "x is not a function");
    const { code, stderr } = await run("-q");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        "error: Error: x is not a function\nThis is a bug in Sheaf. Please report it with the lines below.\n",
    });
  });
});

describe("sheaf run --masters: what is wrong here is said as for a run here, and nothing is sent", () => {
  test.each<[string, Record<string, string>, string[]]>([
    ["no such file", {}, ["run", "jbo.ts", "in", "-o", "out"]],
    ["code that does not compile", { "job.ts": "export default {" }, RUN],
    ["a module that throws", { "job.ts": 'throw new Error("no");' }, RUN],
    ["no job", { "job.ts": "export default 3;" }, RUN],
    ["wrong params", {}, [...RUN, "--param", "least=many"]],
    ["no output", {}, ["run", "job.ts", "in"]],
  ])("%s", async (_what, files, words) => {
    for (const [name, text] of Object.entries(files)) folder.write(name, text);
    const here = await sheaf(folder.path, ...words);
    const there = await sheaf(folder.path, ...words, "--masters", masters.masters);
    expect(here.code).toBe(2);
    expect(there).toEqual(here);
    expect(masters.calls).toEqual([]);
  });
});

describe("sheaf run --masters: a cluster that is out of reach", () => {
  test("ends with 3 within its time, with each master and why it did not answer", async () => {
    await masters.kill(0);
    masters.lead(undefined);
    const startMs = performance.now();
    const { code, stdout, stderr } = await run("--wait", "500ms", "--json");
    expect(performance.now() - startMs).toBeLessThan(10_000);
    expect(code).toBe(3);
    expect(stderr).toContain("no master answered as its leader within 0.5 s.\n");
    expect(stderr).toContain(`  ${masters.address(0)}: nothing listens there (ECONNREFUSED)\n`);
    expect(stderr).toContain(`  ${masters.address(1)}: it does not lead, and knows of no leader\n`);
    expect(JSON.parse(stdout)).toMatchObject({
      type: "job-ended",
      ok: false,
      error: { code: "CLUSTER_UNREACHABLE" },
    });
  });

  test("follows the next leader when the first dies, and says so in a line", async () => {
    const job = submitted();
    const command = start(...onCluster());
    await job;
    await command.shows("12 files");
    await masters.kill(0, 1);
    for (const event of EVENTS.slice(2)) masters.job.tell(event);
    const { code, stderr } = await command.ended();
    expect(code).toBe(0);
    const [one, other] = [masters.address(0), masters.address(1)];
    expect(stderr).toMatch(new RegExp(`\nLost the leader ${one} \\(.*\\); following ${other}.\n`));
    expect(stderr.match(/12 files/g)).toHaveLength(1);
    expect(stderr).toContain("✓ job.ts done");
  });

  test("ends with 3 when none comes back, and says that the job may go on", async () => {
    const job = submitted();
    const command = start(...onCluster("--wait", "500ms"));
    const { id } = await job;
    await command.shows("12 files");
    await masters.kill(0);
    await masters.kill(1);
    const { code, stderr } = await command.ended();
    expect(code).toBe(3);
    expect(stderr).toContain(`The job ${id} may go on without us.`);
  });
});

describe("sheaf logs", () => {
  test("goes no faster than its reader, and ends when that has left", async () => {
    const job = masters.add("j-1");
    const attempt = {
      job: job.id,
      phase: "map",
      task: taskIndex(0),
      attempt: attemptNumber(0),
    } as const;
    const text = `${"x".repeat(1024 * 1024 - 1)}\n`;
    for (let i = 0; i < 100; i++) job.log({ attempt, worker: workerName("w1"), text });
    const command = start("logs", "j-1", "--follow", "--masters", masters.masters);
    const { stdout } = command.process;
    await once(stdout!, "data");
    stdout!.destroy();
    expect(await command.ended()).toMatchObject({ code: 0, stderr: "" });
    expect(job.state).toBe("pending");
  });
});

describe("sheaf run --masters: Ctrl-C", () => {
  test("cancels the job, waits for its end, and ends with 130", async () => {
    const job = submitted();
    const command = start(...onCluster());
    (await job).onCancel = (it) => {
      it.tell({ type: "warning", message: "The attempts are ending." });
      it.fail("CANCELLED", "The job was cancelled.");
    };
    await command.shows("12 files");
    command.process.kill("SIGINT");
    const { code, stderr } = await command.ended();
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /Cancelling... press Ctrl-C again to force.\nwarning: The attempts are ending.\nCancelled. The output folder is as it was.\n$/,
    );
    expect(masters.job.state).toBe("cancelled");
  });

  test("comes too late for a job that succeeds meanwhile, which is said", async () => {
    const job = submitted();
    const command = start(...onCluster());
    (await job).onCancel = (it) => {
      for (const event of EVENTS.slice(2)) it.tell(event);
    };
    await command.shows("12 files");
    command.process.kill("SIGINT");
    const { code, stderr } = await command.ended();
    expect(code).toBe(0);
    expect(stderr).toContain("✓ job.ts done");
  });

  test("twice ends at once, whatever becomes of the job", async () => {
    const job = submitted();
    const command = start(...onCluster());
    let cancels = 0;
    (await job).onCancel = () => {
      cancels++;
      // By now a second signal can no longer pass for the first.
      setTimeout(() => command.process.kill("SIGINT"), 200);
    };
    await command.shows("12 files");
    command.process.kill("SIGINT");
    const { code } = await command.ended();
    expect({ code, cancels }).toEqual({ code: 130, cancels: 1 });
    expect(masters.job.state).toBe("running");
  });

  test("before anything is submitted leaves no job", async () => {
    let command: Command | undefined;
    masters.onCall = (name) => {
      if (name === "hasBundle") command!.process.kill("SIGINT");
    };
    masters.lead(undefined);
    command = start(...onCluster());
    const { code, stderr } = await command.ended();
    expect(code).toBe(130);
    expect(stderr).toMatch(/Cancelled. The output folder is as it was.\n$/);
    expect(masters.jobs.size).toBe(0);
  });
});
