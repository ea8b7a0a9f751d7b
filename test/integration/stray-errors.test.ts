/**
 * Code of the job fails in the main thread where nobody waits for it: a promise that nothing awaits,
 * a timer. The run ends as it does with any error of the job's, and leaves nothing behind. An error
 * of the program that called `run()` stays the program's.
 */

import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { sheaf } from "./support/command.ts";
import { jobFile, RunFolder } from "./support/run-folder.ts";
import { STRINGS_TO_INTS, THREE_LINES, WORDS } from "./support/text-job.ts";

const DEFINITION = `  input: text(),\n${STRINGS_TO_INTS}\n${WORDS}\n  reduce: sum,`;
/** Keeps the module from being loaded before what it has started has failed. */
const WAITING = "await new Promise((resolve) => setTimeout(resolve, 5_000).unref());";
/** Keeps the job from ending before that. */
const SLOW = DEFINITION.replace(
  "sum",
  "async reduce(_k, _v, emit) { await new Promise(() => {}); }",
).replace("reduce: async reduce", "async reduce");

describe("while its module loads, or by what that has started", () => {
  test.each([
    [
      "a promise that nothing awaits",
      'void (async () => { throw new TypeError("not awaited"); })();',
      /TypeError: not awaited\n {4}at .*job.ts:2:\d+\n/,
    ],
    [
      "a timer",
      'setTimeout(() => { throw new Error("too late"); }, 1);',
      /Error: too late\n {4}at .*job.ts:2:\d+\)?\n/,
    ],
    [
      "a promise rejected with what is no error",
      'void Promise.reject("just words");',
      /The reason: 'just words'|just words/,
    ],
    [
      "a call of the system that nothing awaits",
      'import { readFile } from "node:fs/promises"; void readFile("/no/such/file");',
      /ENOENT: no such file or directory, open '\/no\/such\/file'/,
    ],
  ])("%s", async (_what, source, words) => {
    for (const rest of [`${WAITING}\n`, ""]) {
      const definition = rest === "" ? SLOW : DEFINITION;
      using folder = new RunFolder({
        ...THREE_LINES,
        "job.ts": jobFile({ before: `${source}\n${rest}`.trimEnd(), definition }),
      });
      const call = "run job.ts in -o out --work-dir work --slots 1".split(" ");
      const { code, stderr } = await sheaf(folder.path, ...call);
      expect(stderr).toMatch(
        /error: Cannot load the job job.ts: it starts something that fails, and does not await it\./,
      );
      expect(stderr).toMatch(words);
      expect(stderr).not.toMatch(/Node\.js v|node:internal|sheaf-[0-9a-f]{16}|dist\//);
      if (source.includes("throw")) expect(stderr).toMatch(/> 2 \| .*\n +\| +\^/);
      expect(code).toBe(1);
      expect(folder.leftovers(folder.at("out"))).toEqual([]);
    }
  });
});

test("inline, by what map has started: it is no error of loading", async () => {
  const definition = `  input: text(),
${STRINGS_TO_INTS}
  async map(_position, line, emit) {
    void (async () => { await null; throw new Error("not awaited"); })();
    await new Promise((resolve) => setTimeout(resolve, 5));
  },
  reduce: sum,`;
  using folder = new RunFolder({ ...THREE_LINES, "job.ts": jobFile({ definition }) });
  const call = "run job.ts in -o out --work-dir work --inline".split(" ");
  const { code, stderr } = await sheaf(folder.path, ...call);
  expect(stderr).toMatch(/^error: The job's code failed where nothing awaits it/m);
  expect(stderr).toMatch(/> 6 \| .*not awaited/);
  expect(code).toBe(1);
  expect(folder.leftovers(folder.at("out"))).toEqual([]);
});

test("an error of the program that called run() ends the program", () => {
  using folder = new RunFolder({ ...THREE_LINES, "job.ts": jobFile({ definition: SLOW }) });
  const index = new URL("../../dist/index.js", import.meta.url).href;
  folder.write(
    "program.mjs",
    `import { run } from ${JSON.stringify(index)};
setTimeout(() => { throw new Error("of the program"); }, 300);
await run("job.ts", { inputs: ["in"], output: "out", workDirectory: "work" });`,
  );
  const { status, stderr } = spawnSync(process.execPath, ["program.mjs"], {
    cwd: folder.path,
    encoding: "utf8",
  });
  expect(stderr).toMatch(/Error: of the program\n +at .*program.mjs:2/);
  expect(status).toBe(1);
  expect(folder.leftovers(folder.at("out"))).toEqual([]);
});
