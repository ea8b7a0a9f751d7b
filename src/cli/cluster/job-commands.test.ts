/**
 * The commands about the jobs of a cluster, called in this process and answered by real servers on
 * loopback: what they print where, and how they end.
 */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { callCluster } from "../../../test/support/call-cluster.ts";
import {
  attemptFailed,
  FakeProcess,
  jobResult,
  jobStarted,
  mapPhase,
  progress,
  reducePhase,
  stepStarted,
} from "../../../test/support/fake-process.ts";
import { FakeTerminal } from "../../../test/support/fake-terminal.ts";
import { ScriptedCluster, type ScriptedJob } from "../../../test/support/scripted-cluster.ts";
import { attemptNumber, type JobId, taskIndex, workerName } from "../../base/ids.ts";
import type { LogPiece } from "../../rpc/wire/job-calls.ts";

let masters: ScriptedCluster;
beforeEach(async () => {
  masters = await ScriptedCluster.start({ masters: 2 });
});
afterEach(() => masters.close());

const call = (words: string, process?: FakeProcess) => callCluster(masters, words, process);

/** Three hours and five minutes, and a half: however slow the test is, they are that. */
const HOURS_AGO_MS = ((3 * 60 + 5) * 60 + 30) * 1000;

/** A job that is in its map phase. */
function running(id: string): ScriptedJob {
  const job = masters.add(id, { priority: 5 });
  job.submittedMs = Date.now() - HOURS_AGO_MS;
  job.tell(jobStarted());
  job.tell(stepStarted());
  job.tell(attemptFailed(0, "Error: no\nat map"), { worker: "w7" });
  job.tell(progress(mapPhase(50, { spills: 2, retries: 1 }), reducePhase(0)));
  const attempt = (task: number, ordinal: number) => ({
    job: job.id,
    phase: "map" as const,
    task: taskIndex(task),
    attempt: attemptNumber(ordinal),
  });
  const worker = workerName("w1");
  const facts = { worker, records: 1_200_000, bytes: 3 * 1024 * 1024 };
  job.running.push({ ...facts, attempt: attempt(2, 0), elapsedMs: 900, isBackup: true });
  job.running.push({ ...facts, attempt: attempt(3, 1), elapsedMs: 12_000, isBackup: false });
  return job;
}

function succeed(job: ScriptedJob): void {
  job.tell({ type: "job-ended", ok: true, result: jobResult({ output: "/data/out" }) });
}

/** Times, which no two runs have in common, as one word of the same width at the right. */
function withoutTimes(text: string): string {
  return text.replace(/ *\b\d+(\.\d)? (ms|s|min|h)( \d\d (s|min))?( ago)?/g, " <time>$5");
}

describe("sheaf jobs", () => {
  test("prints the jobs as a table, the youngest first", async () => {
    succeed(masters.add("j-1", { name: "sort" }));
    running("j-22");
    const { exitCode, stdout, stderr } = await call("jobs");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(withoutTimes(stdout).replace(/ +$/gm, "")).toBe(
      [
        "JOB   NAME        STATE      MAP  REDUCE  RUNNING  PRIORITY       SUBMITTED        TOOK  OUTPUT",
        "j-22  word-count  running    2/4     0/2        2         5 <time> ago <time>  /data/out",
        "j-1   sort        succeeded    -       -        -         0 <time> ago <time>  /data/out",
        "",
      ].join("\n"),
    );
  });

  test("--json: a line of JSON for each", async () => {
    running("j-1");
    running("j-2");
    const { stdout } = await call("jobs --json");
    const jobs = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(jobs.map(({ job }) => job)).toEqual(["j-2", "j-1"]);
    expect(jobs[0]).toMatchObject({ state: "running", priority: 5, runningAttempts: 2 });
  });

  test("reads as many pages as it takes, and says that there are older ones", async () => {
    for (let i = 0; i < 2500; i++) masters.add(`j-${i}`);
    const { stdout, stderr } = await call("jobs --limit 2300 --json");
    expect(stdout.trimEnd().split("\n")).toHaveLength(2300);
    expect(stderr).toBe("There are older ones: --limit N shows more than 2300.\n");
    expect(masters.calls).toEqual(["listJobs", "listJobs", "listJobs"]);
  });

  test("says that there are none", async () => {
    expect(await call("jobs")).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "The cluster knows of no jobs.\n",
    });
  });

  test("a name that holds control codes sends none to the terminal", async () => {
    masters.add("j-1", { name: "a\x1b[2Jb\nc" });
    expect((await call("jobs")).stdout).toContain("a\\x1b[2Jb\\nc");
  });
});

describe("sheaf status", () => {
  test("prints what a job does, and what went wrong so far", async () => {
    running("j-1");
    const { exitCode, stdout } = await call("status j-1");
    expect(exitCode).toBe(0);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("word-count  j-1  running");
    expect(lines[2]).toMatch(/^ {2}submitted {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, 3 h 05 min ago$/);
    expect(lines.slice(3).join("\n")).toBe(
      `  running    3 h 05 min
  priority   5
  output     /data/out
  map        2/4 tasks, 2 running, 1.0M records, 50 MB of 100 MB, 2 spills, 1 retry
  reduce     0/2 tasks

  RUNNING           WORKER     FOR  RECORDS  BYTES
  map 3, attempt 1  w1        12 s     1.2M   3 MB
  map 2, attempt 0  w1      900 ms     1.2M   3 MB  backup

  ENDED             WORKER  HOW     WHY
  map 3, attempt 0  w7      failed  Error: no
`,
    );
  });

  test("prints how it ended", async () => {
    succeed(running("j-1"));
    const job = running("j-2");
    job.fail("USER_CODE", "The map task 3 failed 4 times:\n\nError: no");
    expect((await call("status j-1")).stdout).toContain("2 parts, 120,000 records, 586 KB");
    const { exitCode, stdout } = await call("status j-2");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("word-count  j-2  failed\n");
    expect(stdout).toMatch(/\n {2}The map task 3 failed 4 times:\n\n {2}Error: no\n$/);
  });

  test("--json: one document", async () => {
    running("j-1");
    const { stdout } = await call("status j-1 --json");
    expect(JSON.parse(stdout)).toMatchObject({ summary: { job: "j-1" }, lastSequence: 4 });
  });

  test("refuses --quiet, which would print nothing", async () => {
    const { exitCode, stderr } = await call("status j-1 --quiet");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--quiet is for --follow");
  });
});

describe("sheaf status --follow", () => {
  test("shows a job that has ended as its run did, and ends with the same exit code", async () => {
    succeed(running("j-1"));
    const { exitCode, stdout, stderr } = await call("status j-1 --follow");
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(stderr).toContain("word-count.ts: 12 files, 100 MB, 2 slots, 2 partitions\n".slice(13));
    expect(stderr).toContain("map 3, attempt 0 failed on w7: Error: no (will run again)\n");
    expect(stderr).toContain("✓ word-count done in 4.2 s\n\n  output   /data/out\n");
  });

  test("takes its times from the events, not from when they were told", async () => {
    const job = masters.add("j-1");
    job.tell(jobStarted(), { agoMs: 61_000 });
    job.tell(stepStarted(), { agoMs: 60_000 });
    job.tell(progress(mapPhase(100), reducePhase(0)), { agoMs: 20_000 });
    succeed(job);
    const { stderr } = await call("status j-1 --follow");
    expect(stderr).toContain(
      "\nmap done: 4 tasks in 40 s, 2,000,000 records, 100 MB, 50k records/s, 2.5 MB/s\n",
    );
  });

  test("ends with 1 where the job has failed, and says why", async () => {
    running("j-1").fail("USER_CODE", "The map task 3 failed 4 times.");
    const { exitCode, stderr } = await call("status j-1 --follow --quiet");
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: "error: The map task 3 failed 4 times.\n",
    });
  });

  test("ends with 2 where the job was refused before anything ran", async () => {
    masters.add("j-1").fail("INPUT_MISSING", 'Cannot find the input "/data/in".');
    expect((await call("status j-1 --follow")).exitCode).toBe(2);
  });

  test("ends with 1 where somebody else has cancelled it", async () => {
    running("j-1").fail("CANCELLED", "The job was cancelled.");
    const { exitCode, stderr } = await call("status j-1 --follow -q");
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: "error: The job was cancelled.\n",
    });
  });

  test("--json: the events from the first on, as sheaf run prints them", async () => {
    succeed(running("j-1"));
    const { stdout } = await call("status j-1 --follow --json");
    const types = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).type);
    expect(types).toEqual([
      "job-started",
      "step-started",
      "attempt-failed",
      "progress",
      "job-ended",
    ]);
  });

  test("says in a line which leader was lost and which is followed", async () => {
    const job = running("j-1");
    let watches = 0;
    masters.onCall = (name) => {
      if (name !== "watchJob") return;
      if (++watches === 1) masters.lead(1);
      else succeed(job);
    };
    const { exitCode, stderr } = await call("status j-1 --follow");
    expect(exitCode).toBe(0);
    const [one, other] = [masters.address(0), masters.address(1)];
    expect(stderr).toContain(
      `Lost the leader ${one} (it does not lead, and says that ${other} does); following ${other}.\n`,
    );
  });

  test("on a terminal: the live display, as long as the job has run, and gone at the end", async () => {
    const terminal = new FakeTerminal(90);
    const process = new FakeProcess(terminal);
    const job = running("j-1");
    let shown = "";
    masters.onCall = (name) => {
      if (name !== "watchJob") return;
      // What is there was sent when the next call comes.
      setTimeout(() => {
        process.pass(100);
        shown = terminal.screen();
        succeed(job);
      }, 100);
    };
    expect((await call("status j-1 --follow", process)).exitCode).toBe(0);
    expect(shown).toMatch(/^word-count {2}12 files, 100 MB, 2 slots +3 h 05 min\n/);
    expect(shown).toContain("2/4 tasks");
    expect(terminal.screen()).toMatch(/^✓ word-count done in 4.2 s\n/);
    expect(terminal.cursorVisible).toBe(true);
    expect(process.isQuiet).toBe(true);
  });

  test("Ctrl-C leaves the job alone, and ends with 130", async () => {
    const job = running("j-1");
    const process = new FakeProcess();
    masters.onCall = (name) => {
      if (name === "watchJob") process.signals.emit("SIGINT", "SIGINT");
    };
    const { exitCode, stdout, stderr } = await call("status j-1 --follow --json", process);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 130,
      stderr: "No longer following. The job goes on.\n",
    });
    expect(stdout).not.toContain("job-ended");
    expect(job.state).toBe("running");
    expect(masters.calls).not.toContain("cancelJob");
  });

  test("ends with 3 when no leader comes back, and says that the job may go on", async () => {
    running("j-1");
    masters.onCall = (name) => {
      if (name === "watchJob") masters.lead(undefined);
    };
    const { exitCode, stderr } = await call("status j-1 --follow --wait 300ms");
    expect(exitCode).toBe(3);
    expect(stderr).toContain("error: Cannot reach the cluster: no master answered as its leader");
    expect(stderr).toMatch(
      /The job j-1 may go on without us. To follow it: sheaf status j-1 --follow\n$/,
    );
  });
});

describe("sheaf logs", () => {
  function write(job: JobId, phase: "map" | "reduce", task: number, text: string): LogPiece {
    const ref = { job, phase, task: taskIndex(task), attempt: attemptNumber(0) };
    return { attempt: ref, worker: workerName("w1"), text };
  }

  function chatty(): ScriptedJob {
    const job = masters.add("j-1");
    job.log(write(job.id, "map", 0, "one\ntw"));
    job.log(write(job.id, "map", 0, "o\n"));
    job.log(write(job.id, "map", 3, "no end"));
    job.log(write(job.id, "reduce", 0, "\x1b[2J\n\nlast\n"));
    return job;
  }

  test("prints each line behind the name of its attempt", async () => {
    chatty();
    expect(await call("logs j-1")).toEqual({
      exitCode: 0,
      stderr: "",
      stdout: `j-1 map 0, attempt 0 on w1 | one
j-1 map 0, attempt 0 on w1 | two
j-1 map 3, attempt 0 on w1 | no end
j-1 reduce 0, attempt 0 on w1 | \\x1b[2J
j-1 reduce 0, attempt 0 on w1 | 
j-1 reduce 0, attempt 0 on w1 | last
`,
    });
  });

  test.each([
    ["map/3", ["no end"]],
    ["map", ["one\ntw", "o\n", "no end"]],
    ["reduce", ["\x1b[2J\n\nlast\n"]],
    ["reduce/7", []],
  ])("--task %s: what that has written", async (task, texts) => {
    chatty();
    const { stdout } = await call(`logs j-1 --json --task ${task}`);
    const lines = stdout.split("\n").filter((line) => line !== "");
    expect(lines.map((line) => JSON.parse(line).text)).toEqual(texts);
  });

  test("--follow: goes on until the job has ended", async () => {
    const job = chatty();
    masters.onCall = (name) => {
      if (name !== "readLogs") return;
      job.log(write(job.id, "map", 4, "late\n"));
      succeed(job);
    };
    expect((await call("logs j-1 --follow")).stdout).toContain("map 4, attempt 0 on w1 | late\n");
  });

  test.each(["map/", "map/x", "sample/1", "map/1000000", "3", "reduce/-1"])(
    "refuses --task %s",
    async (task) => {
      const { exitCode, stderr } = await call(`logs j-1 --task ${task}`);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 2,
        stderr: `error: --task takes a task, such as map/3 or reduce/0, or a phase, not "${task}".\n`,
      });
    },
  );
});

describe("sheaf cancel", () => {
  test("ends a job", async () => {
    const job = running("j-1");
    expect(await call("cancel j-1")).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "Cancelled j-1. Its output folder is as it was.\n",
    });
    expect(job.state).toBe("cancelled");
  });

  test("says where it stands if it ends later, or has ended before", async () => {
    running("j-1").onCancel = () => {};
    succeed(running("j-2"));
    expect((await call("cancel j-1")).stderr).toBe("Cancelling j-1: its attempts are ending.\n");
    expect(await call("cancel j-2 --json")).toEqual({
      exitCode: 0,
      stdout: '{"job":"j-2","state":"succeeded"}\n',
      stderr: "",
    });
    expect((await call("cancel j-2")).stderr).toBe(
      "The job j-2 had ended already: it has succeeded.\n",
    );
  });
});
