/**
 * `run()` as a program calls it: the ways to name a job, several runs at once, the result.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Job, type JobResult, run, SheafError } from "sheaf";
import { testJob } from "sheaf/testing";
import { describe, expect, test } from "vitest";
import { verifyOutput } from "../../src/task/verify-output.ts";
import wordLengths from "./jobs/word-lengths.ts";
import { jobFile, RunFolder } from "./support/run-folder.ts";

const URL_OF_JOB = new URL("./jobs/word-lengths.ts", import.meta.url);
const TEXT = "one three five\nseven nine eleven\n".repeat(200);
const EXPECTED = "3\t200\n4\t400\n5\t400\n6\t200\n";

function textOf({ output, parts }: JobResult): string {
  expect(verifyOutput(output).problems).toEqual([]);
  return parts.map(({ name }) => readFileSync(join(output, name), "utf8")).join("");
}

describe("run()", () => {
  test.each<[string, Parameters<typeof run>[0]]>([
    ["a path", fileURLToPath(URL_OF_JOB)],
    ["a URL", URL_OF_JOB],
    ["the job itself", wordLengths],
  ])("takes %s", async (_what, job) => {
    using folder = new RunFolder({ "in/text.txt": TEXT });
    const output = folder.freshOutput();
    const result = await run(job, { inputs: [folder.at("in")], output, splitBytes: 1024 });
    expect(result.output).toBe(output);
    expect(textOf(result)).toBe(EXPECTED);
  });

  test("refuses a job that no module exports", async () => {
    using folder = new RunFolder({ "in/text.txt": TEXT });
    const unknown = { kind: "job" } as unknown as Job<unknown, unknown, unknown, unknown, unknown>;
    const running = run(unknown, { inputs: [folder.at("in")], output: folder.freshOutput() });
    await expect(running).rejects.toSatisfy(
      (error) => error instanceof SheafError && error.code === "JOB_INVALID",
    );
  });

  test("puts out what testJob says", async () => {
    const { text, counters } = await testJob(wordLengths, { input: TEXT.split("\n").slice(0, -1) });
    expect(text).toBe(EXPECTED);
    using folder = new RunFolder({ "in/text.txt": TEXT });
    const result = await run(URL_OF_JOB, {
      inputs: [folder.at("in")],
      output: folder.freshOutput(),
    });
    expect(result.counters.task.MAP_OUTPUT_RECORDS).toBe(counters.task.MAP_OUTPUT_RECORDS);
  });

  test("may be called several times at once, with the same folders", async () => {
    using folder = new RunFolder({ "in/text.txt": TEXT });
    const runs = Array.from({ length: 4 }, (_, i) =>
      run(URL_OF_JOB, {
        inputs: [folder.at("in")],
        output: folder.at(`out-${i}`),
        workDirectory: folder.at("work"),
        slots: 1 + (i % 2),
        splitBytes: 1024,
        inline: i === 3,
      }),
    );
    for (const result of await Promise.all(runs)) {
      expect(textOf(result)).toBe(EXPECTED);
    }
    expect(folder.leftovers(folder.at("none"))).toEqual([]);
  });

  test("of two runs to the same output, one succeeds and the other says why not", async () => {
    using folder = new RunFolder({ "in/text.txt": TEXT });
    const output = folder.freshOutput();
    const runs = [1, 2].map(() => run(URL_OF_JOB, { inputs: [folder.at("in")], output }));
    const ended = await Promise.allSettled(runs);
    const failed = ended.filter((end) => end.status === "rejected");
    expect(failed).toHaveLength(1);
    expect(failed[0]!.reason).toMatchObject({ code: "OUTPUT_EXISTS" });
    const won = ended.find((end) => end.status === "fulfilled");
    expect(textOf(won!.value)).toBe(EXPECTED);
    expect(folder.leftovers(folder.at("none"))).toEqual([]);
  });

  test("takes relative paths from cwd, the work folder's too", async () => {
    using folder = new RunFolder({ "in/text.txt": TEXT, "job.ts": jobFile({ definition: LINES }) });
    const seen: string[] = [];
    await run("job.ts", {
      inputs: ["in"],
      output: "out",
      workDirectory: "temporary",
      cwd: folder.path,
      onEvent: ({ type }) => {
        if (type === "step-started") seen.push(...readdirSync(folder.at("temporary")));
      },
    });
    expect(seen).toEqual([expect.stringMatching(/^sheaf-work-/)]);
    expect(folder.has("out/_SUCCESS")).toBe(true);
  });
});

const LINES = `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) { emit(line, 1); },
  reduce: sum,`;
