import { describe, expect, test } from "vitest";
import { FakeProcess, jobResult, jobStarted } from "../../test/support/fake-process.ts";
import { SheafError } from "../base/error.ts";
import { packageFacts } from "../base/package-facts.ts";
import type { RunOptions } from "../local/options.ts";
import { main } from "./main.ts";

/** Runs the words; the fake engine notes what it is asked for and succeeds. */
async function call(words: readonly string[], process = new FakeProcess()) {
  const asked: { job: string; options: RunOptions }[] = [];
  process.run = async (job, options) => {
    asked.push({ job, options });
    return jobResult();
  };
  const exitCode = await main(words, process);
  return { exitCode, asked, stdout: process.stdout.text, stderr: process.errorText };
}

const RUN = ["run", "job.ts", "in.txt", "-o", "out"];

describe("sheaf run: a wrong call ends with 2 and one message, and nothing runs", () => {
  test.each<[string[], string]>([
    [["run"], "No job was given. Usage: sheaf run JOB INPUT... -o DIR [options]"],
    [["run", "", "in.txt"], "No job was given. Usage: sheaf run JOB INPUT... -o DIR [options]"],
    [
      ["run", "job.ts"],
      "No input was given for job.ts. Usage: sheaf run JOB INPUT... -o DIR [options]",
    ],
    [
      ["run", "job.ts", "in.txt"],
      "No output folder was given: add -o DIR. Usage: sheaf run JOB INPUT... -o DIR [options]",
    ],
    [["run", "job.ts", "in.txt", "-o"], "-o, --output takes a value: DIR."],
    [["run", "job.ts", "in.txt", "-o", ""], "-o (--output) takes a folder, not an empty name."],
    [
      ["run", "job.ts", "in.txt", "-o", "--overwrite"],
      '-o (--output) takes a folder, not "--overwrite". If it is one, write "./--overwrite".',
    ],
    [
      ["run", "job.ts", "-", "-o", "out"],
      '"-" is no input: Sheaf reads files, not standard input. Write it to a file first.',
    ],
    [[...RUN, "-R", "0"], '-R (--partitions) takes a whole number from 1 to 100,000, not "0".'],
    [[...RUN, "-R", "1e9"], '-R (--partitions) takes a whole number from 1 to 100,000, not "1e9".'],
    [
      [...RUN, "-R", "100001"],
      '-R (--partitions) takes a whole number from 1 to 100,000, not "100001".',
    ],
    [[...RUN, "-R", "abc"], '-R (--partitions) takes a whole number from 1 to 100,000, not "abc".'],
    [[...RUN, "-R", "-1"], '-R (--partitions) takes a whole number from 1 to 100,000, not "-1".'],
    [[...RUN, "-R", "1.5"], '-R (--partitions) takes a whole number from 1 to 100,000, not "1.5".'],
    [[...RUN, "-R", ""], '-R (--partitions) takes a whole number from 1 to 100,000, not "".'],
    [[...RUN, "-R"], "-R, --partitions takes a value: N."],
    [
      [...RUN, "-R", "2", "--reducers", "3"],
      "Option '--reducers <N>' cannot be used with option '-R, --partitions <N>'. See \"sheaf run --help\".",
    ],
    [[...RUN, "--slots", "0"], '--slots takes a whole number from 1 to 1,024, not "0".'],
    [[...RUN, "--slots", "many"], '--slots takes a whole number from 1 to 1,024, not "many".'],
    [[...RUN, "--memory", "1KB"], '--memory takes a size from 16 MB to 16 GB, not "1KB".'],
    [[...RUN, "--memory", "17GB"], '--memory takes a size from 16 MB to 16 GB, not "17GB".'],
    [
      [...RUN, "--memory", "12 parsecs"],
      '--memory takes a size, not "12 parsecs": write a number and a unit, such as 64MB (B, KB, MB, GB or TB; 1KB is 1024B).',
    ],
    [[...RUN, "--split-size", "1"], '--split-size takes a size of 1 KB or more, not "1".'],
    [
      [...RUN, "--split-size", "big"],
      '--split-size takes a size, not "big": write a number and a unit, such as 64MB (B, KB, MB, GB or TB; 1KB is 1024B).',
    ],
    [[...RUN, "--param", "pattern"], '--param takes NAME=VALUE, not "pattern".'],
    [[...RUN, "--param", "=x"], '--param takes NAME=VALUE, not "=x".'],
    [[...RUN, "--param", "a=1", "--param", "a=2"], "--param a was given twice; give it once."],
    [
      [...RUN, "--skip-bad-records", "-1"],
      '--skip-bad-records takes a whole number of 0 or more, not "-1".',
    ],
    [
      [...RUN, "--task-timeout", "30"],
      '--task-timeout takes a duration, not "30": write a number and a unit, such as 500ms, 30s, 5m or 1h.',
    ],
    [
      [...RUN, "--task-timeout", "1ms"],
      '--task-timeout takes a duration from 100 ms to 24 h, not "1ms".',
    ],
    [
      [...RUN, "--task-timeout", "25h"],
      '--task-timeout takes a duration from 100 ms to 24 h, not "25h".',
    ],
    [
      [...RUN, "--max-attempts", "0"],
      '--max-attempts takes a whole number from 1 to 100, not "0".',
    ],
    [[...RUN, "--work-dir", ""], "--work-dir takes a folder, not an empty name."],
    [[...RUN, "--partitons", "2"], "Unknown option '--partitons'. Did you mean --partitions?"],
    [[...RUN, "--frobnicate"], "Unknown option '--frobnicate'. See \"sheaf run --help\"."],
    [[...RUN, "-z"], "Unknown option '-z'. See \"sheaf run --help\"."],
    [["rnu", "job.ts"], "Unknown command 'rnu'. Did you mean run?"],
    [["frobnicate"], "Unknown command 'frobnicate'. See \"sheaf --help\"."],
    [
      ["job.ts", "in.txt"],
      "Unknown command 'job.ts'. To run a job: sheaf run job.ts INPUT... -o DIR",
    ],
    [["--verson"], "Unknown option '--verson'. Did you mean --version?"],
    [
      [...RUN, "--detach"],
      "--detach is about a job on a cluster: say which with --masters HOST:PORT,...",
    ],
    [
      [...RUN, "--slow-start", "0.5"],
      "--slowstart is about a job on a cluster: say which with --masters HOST:PORT,...",
    ],
    [
      [...RUN, "--masters", "a:1", "--slots", "2"],
      "--slots is for runs on this machine. Each worker says how many slots it has: sheaf worker --slots N.",
    ],
    [
      [...RUN, "--masters", "a:1", "--inline"],
      "--inline is for runs on this machine. To debug the job, run it on this machine: leave out --masters.",
    ],
    [
      [...RUN, "--masters", "a:1", "--work-dir", "w"],
      "--work-dir is for runs on this machine. Each worker has a folder of its own: sheaf worker --work-dir DIR.",
    ],
    [
      [...RUN, "--masters", "a:1", "--priority", "101"],
      '--priority takes a whole number from -100 to 100, not "101".',
    ],
    [
      [...RUN, "--masters", "a:1", "--slowstart", "2"],
      '--slowstart takes a share of the map tasks from 0 to 1, such as 0.8, not "2".',
    ],
    [
      ["run", "job.ts", "--masters", "a:1"],
      "No input was given for job.ts. Usage: sheaf run JOB INPUT... -o DIR [options]",
    ],
    [
      ["init", "a", "b"],
      "Too many arguments for 'init'. Expected 1 argument but got 2. See \"sheaf init --help\".",
    ],
  ])("sheaf %j", async (words, message) => {
    const { exitCode, asked, stdout, stderr } = await call(words);
    expect(stderr).toBe(`error: ${message}\n`);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(asked).toEqual([]);
  });
});

describe("sheaf run: a right call reaches the engine", () => {
  test("with nothing but what was given", async () => {
    const { exitCode, asked } = await call(RUN);
    expect(exitCode).toBe(0);
    const [{ job, options }] = asked as [{ job: string; options: RunOptions }];
    const { signal, onEvent, ...rest } = options;
    expect(job).toBe("job.ts");
    expect(rest).toEqual({ inputs: ["in.txt"], output: "out", cwd: "/project" });
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(onEvent).toBeTypeOf("function");
  });

  test("with every flag, in any place", async () => {
    const words =
      "run --slots 2 job.ts a.txt -R 7 b.txt --memory 1.5gb --split-size 512K --param pattern=a=b " +
      "--param empty= --skip-bad-records 10 --task-timeout 1.5m --max-attempts 1 --work-dir tmp " +
      "--overwrite --inline --quiet -o out -- -c.txt";
    const { asked } = await call(words.split(" "));
    expect(asked[0]?.options).toMatchObject({
      inputs: ["a.txt", "b.txt", "-c.txt"],
      output: "out",
      partitions: 7,
      slots: 2,
      memoryBytes: 1.5 * 1024 ** 3,
      splitBytes: 512 * 1024,
      params: { pattern: "a=b", empty: "" },
      skipBadRecords: 10,
      taskTimeoutMs: 90_000,
      maxAttempts: 1,
      workDirectory: "tmp",
      overwrite: true,
      inline: true,
    });
  });

  test("--reducers is -R by another name", async () => {
    const { asked } = await call([...RUN, "--reducers", "3"]);
    expect(asked[0]?.options.partitions).toBe(3);
  });

  test("a param may be called __proto__ and is only a param", async () => {
    const { asked } = await call([...RUN, "--param", "__proto__=x"]);
    expect(Object.entries(asked[0]?.options.params ?? {})).toEqual([["__proto__", "x"]]);
  });
});

describe("sheaf: help and version are results, on standard output", () => {
  test("--version", async () => {
    const { exitCode, stdout, stderr } = await call(["--version"]);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: `${packageFacts().version}\n`,
      stderr: "",
    });
  });

  test.each([
    [["--help"], "Usage: sheaf COMMAND [options]"],
    [["help"], "Usage: sheaf COMMAND [options]"],
    [["run", "--help"], "Usage: sheaf run JOB INPUT... -o DIR [options]"],
    [["help", "run"], "Usage: sheaf run JOB INPUT... -o DIR [options]"],
    [["init", "-h"], "Usage: sheaf init [DIR]"],
    [["certs", "--help"], "Usage: sheaf certs DIR [options]"],
    [["jobs", "--help"], "Usage: sheaf jobs [options]"],
    [["status", "--help"], "Usage: sheaf status JOB [options]"],
    [["logs", "--help"], "Usage: sheaf logs JOB [options]"],
    [["cancel", "--help"], "Usage: sheaf cancel JOB [options]"],
    [["cluster", "--help"], "Usage: sheaf cluster [status | replace] [options]"],
    [["cluster", "status", "--help"], "Usage: sheaf cluster status [options]"],
    [["cluster", "replace", "--help"], "Usage: sheaf cluster replace OLD_ID=HOST:PORT [options]"],
  ])("sheaf %j has examples and no line wider than 100 columns", async (words, usage) => {
    const { exitCode, stdout, stderr } = await call(words);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout.startsWith(`${usage}\n`)).toBe(true);
    expect(stdout).toContain("Examples:");
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  test("sheaf alone prints the help to standard error and ends with 2", async () => {
    const { exitCode, stdout, stderr } = await call([]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain("Usage: sheaf COMMAND");
  });
});

describe("sheaf run: exit codes of a run that fails", () => {
  /** Fails with the error, before or after the job has started. */
  async function fail(error: unknown, started: boolean) {
    const process = new FakeProcess();
    process.run = async (_job, options) => {
      if (started) options.onEvent?.(jobStarted());
      throw error;
    };
    const exitCode = await main([...RUN, "--quiet"], process);
    return { exitCode, stderr: process.errorText };
  }

  test.each([
    ["USAGE", 2],
    ["JOB_INVALID", 2],
    ["INPUT_MISSING", 2],
    ["OUTPUT_EXISTS", 2],
    ["CLUSTER_UNREACHABLE", 3],
    ["ACCESS_DENIED", 2],
    ["INPUT_UNREADABLE", 1],
    ["OUTPUT_FAILED", 1],
    ["NO_SPACE", 1],
    ["USER_CODE", 1],
  ] as const)("%s before anything ran: %d", async (code, expected) => {
    const { exitCode, stderr } = await fail(new SheafError(code, "Cannot."), false);
    expect({ exitCode, stderr }).toEqual({ exitCode: expected, stderr: "error: Cannot.\n" });
  });

  test.each(["USAGE", "JOB_INVALID", "OUTPUT_EXISTS", "USER_CODE"] as const)(
    "%s once the job has started: 1",
    async (code) => {
      expect((await fail(new SheafError(code, "Cannot."), true)).exitCode).toBe(1);
    },
  );

  test("an error of another copy of Sheaf is an expected one too", async () => {
    const foreign = Object.assign(new Error("Cannot."), { name: "SheafError", code: "USAGE" });
    expect(await fail(foreign, false)).toEqual({ exitCode: 2, stderr: "error: Cannot.\n" });
  });

  test("anything else is a bug: said so, with its stack, and 1", async () => {
    const { exitCode, stderr } = await fail(new TypeError("x is not a function"), true);
    expect(exitCode).toBe(1);
    const lines = stderr.split("\n");
    expect(lines.slice(0, 2)).toEqual([
      "error: TypeError: x is not a function",
      "This is a bug in Sheaf. Please report it with the lines below.",
    ]);
    expect(lines[2]).toMatch(/^ {4}at .*main\.test\.ts/);
  });

  test("something thrown that is no error is a bug, too", async () => {
    const { exitCode, stderr } = await fail("oops", true);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("error: Error: oops\nThis is a bug in Sheaf.");
  });
});
