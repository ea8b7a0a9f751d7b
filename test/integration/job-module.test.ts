/**
 * What is wrong with a job's module as a whole: the functions that plan it, the steps of a pipeline.
 */

import { describe, expect, test } from "vitest";
import { sheaf } from "./support/command.ts";
import { jobFile, RunFolder } from "./support/run-folder.ts";
import { STRINGS_TO_INTS, THREE_LINES, textJob, WORDS } from "./support/text-job.ts";

describe("the module itself", () => {
  // 0 must not look like success, nor 3 like a cluster that is out of reach.
  test.each([0, 3])("ends the process with %i while it loads", async (exit) => {
    using folder = new RunFolder({ ...THREE_LINES, "job.ts": `process.exit(${exit});\n` });
    const { code, stderr } = await sheaf(folder.path, "run", "job.ts", "in", "-o", "out");
    expect(code).toBe(1);
    expect(stderr).toBe(
      `error: The job's code called process.exit(${exit}), so nothing was written. ` +
        "Throw an error instead.\n",
    );
    expect(folder.has("out")).toBe(false);
  });

  test("throws only in the threads", async () => {
    using folder = new RunFolder({
      ...THREE_LINES,
      "job.ts": textJob(`${STRINGS_TO_INTS}\n${WORDS}\n  reduce: sum,`).replace(
        "export default",
        'import { isMainThread } from "node:worker_threads";\n' +
          'if (!isMainThread) throw new Error("not here");\nexport default',
      ),
    });
    const { error } = await folder.fail();
    expect(error.code).toBe("JOB_INVALID");
    expect(error.message).toContain("Error: not here");
    expect(error.message).toContain("> 3 | if (!isMainThread) throw");
  });

  test.each([
    ["input", "input: () => { throw new Error('lost'); },", "USER_CODE", "Error: lost"],
    ["input", "input: () => 5,", "JOB_INVALID", "an input format such as text()"],
    ["output", "output: () => { throw new Error('lost'); },", "USER_CODE", "Error: lost"],
    ["output", "output: () => ({}),", "JOB_INVALID", "an output format such as textOutput()"],
    [
      "params",
      "params: { '~standard': { version: 1, validate() { throw new Error('lost'); } } },",
      "USAGE",
      "The job's params are not valid: Error: lost",
    ],
  ])("has a function for its %s that fails: %s", async (field, source, code, words) => {
    const definition = `${field === "input" ? "" : "  input: text(),\n"}  ${source}
${STRINGS_TO_INTS}
  map(_position, line, emit) { emit(line, 1); },
  reduce: sum,`;
    for (const inline of [false, true]) {
      using folder = new RunFolder({ ...THREE_LINES, "job.ts": jobFile({ definition }) });
      const { error, events } = await folder.fail({ inline });
      expect(error.code).toBe(code);
      expect(error.message).toContain(words);
      if (code === "USER_CODE") expect(error.message).toMatch(/> \d \| .*lost/);
      expect(events.map(({ type }) => type)).toEqual(["job-ended"]);
    }
  });

  const STEPS = `const first = defineJob({
  input: text(), intermediate: { key: string(), value: int() },
  map(_position, line, emit) { emit(line, 1); }, reduce: sum,
});
const second = defineJob({
  input: outputOf(first), intermediate: { key: string(), value: int() },
  map(key, n, emit) { emit(key, n); }, reduce: sum,
});
const other = defineJob({
  input: outputOf(second), intermediate: { key: string(), value: string() },
  map(key, n, emit) { emit(key, ""); }, reduce: identity,
});`;

  test.each([
    ["until throws", "repeat(second, { times: 3, until() { throw new Error('lost'); } })", /lost/],
    ["until is async", "repeat(second, { times: 3, until: async () => true })", /true or false/],
    ["times throws", "repeat(second, { times() { throw new Error('lost'); } })", /lost/],
    ["times is 0", "repeat(second, { times: 0 })", /Step 2 of the pipeline is to run 0 times/],
    ["a step reads files", "step(first)", /Step 2 of the pipeline .*outputOf/],
    [
      "a step reads what is not there",
      "step(other).step(second)",
      /Step 3 of the pipeline .*string\(\)/,
    ],
  ])("is a pipeline, and %s", async (what, chain, words) => {
    const file = jobFile({ before: STEPS, definition: "" });
    const source = `${file.slice(0, file.indexOf("export default"))}export default pipeline(first).${chain};\n`;
    for (const inline of [false, true]) {
      using folder = new RunFolder({ ...THREE_LINES, "job.ts": source });
      const { error, events } = await folder.fail({ inline });
      expect(["USER_CODE", "JOB_INVALID"]).toContain(error.code);
      expect(error.message).toMatch(words);
      // All but `until` is found out before anything runs.
      if (!what.startsWith("until")) expect(events.map(({ type }) => type)).toEqual(["job-ended"]);
    }
  });

  test("reads the output of another job, alone", async () => {
    const file = jobFile({ before: STEPS, definition: "" });
    const source = `${file.slice(0, file.indexOf("export default"))}export default second;\n`;
    using folder = new RunFolder({ ...THREE_LINES, "job.ts": source });
    const { error } = await folder.fail();
    expect(error.code).toBe("JOB_INVALID");
    expect(error.message).toContain("Export pipeline(theOther).step(thisOne) instead.");
  });
});
