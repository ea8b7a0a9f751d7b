/**
 * What a function was given is used when its call is over, or a second time: by async code that
 * nobody awaits, mostly. The run fails and says where, because the output would be silently wrong.
 */

import { describe, expect, test } from "vitest";
import { RunFolder } from "./support/run-folder.ts";
import {
  failedAttempts,
  failJob,
  runJob,
  STRINGS_TO_INTS,
  textJob,
  WORDS,
} from "./support/text-job.ts";

describe("what a call was given is used when the call is over", () => {
  const FORGOTTEN_AWAIT = `
  async map(_position, line, emit) {
    line.split(" ").forEach(async (word) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      emit(word, 1);
    });
    await null;
  },
  reduce: sum,`;

  test.each([
    ["an async function inside forEach", FORGOTTEN_AWAIT],
    [
      "an async function that nobody awaits",
      `
  map(_position, line, emit) {
    void (async () => { await null; emit(line, 1); })();
  },
  reduce: sum,`,
    ],
  ])("emit of map: %s", async (_what, functions) => {
    using folder = new RunFolder({
      "job.ts": textJob(STRINGS_TO_INTS + functions),
      "in/text.txt": "a b\n".repeat(400),
    });
    for (const skipBadRecords of [0, 5]) {
      const failed = await folder.fail({ skipBadRecords });
      const { message } = failed.error;
      expect(message).toContain("emit() was called after map had returned");
      expect(message).toContain("let it await all that it starts");
      expect(message).toMatch(/> +\d+ \| .*emit\(/);
      // It is the code that is wrong, not a record, and not only this once.
      expect(message).not.toContain("The record:");
      expect(failedAttempts(failed).filter((line) => line.endsWith("last"))).toHaveLength(1);
      expect(failedAttempts(failed).length).toBeLessThanOrEqual(2);
    }
  });

  test("emit of map, and what it throws is caught", async () => {
    const failed = await failJob(`${STRINGS_TO_INTS}
  map(_position, line, emit) {
    const later = async () => { await null; emit(line, 1); };
    later().catch(() => {});
  },
  reduce: sum,`);
    expect(failed.error.message).toMatch(/^emit\(\) was called 3 times after map or reduce/);
  });

  test("something runs for longer than anybody waits: a warning says so, once", async () => {
    const ran = await runJob(
      `${STRINGS_TO_INTS}
  map(_position, line, emit) {
    setTimeout(() => emit(line, 1), 60_000);
  },
  reduce: sum,`,
      { slots: 1 },
    );
    const warnings = ran.events.filter(({ type }) => type === "warning");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({
      message: expect.stringMatching(/map functions had returned.*still running \(Timeout\)/),
    });
  });

  test("values and emit of reduce, by an async function that nobody awaits", async () => {
    const failed = await failJob(`${STRINGS_TO_INTS}
${WORDS}
  async reduce(_key, values, emit) {
    void (async () => { for (const v of values) { await null; await null; await null; emit(v); } })();
  },`);
    expect(failed.error.message).toContain("after reduce had returned");
    expect(failed.error.message).toMatch(/> 7 \|/);
  });

  test("values, when reduce returned before it read them", async () => {
    const failed = await failJob(`${STRINGS_TO_INTS}
${WORDS}
  reduce(_key, values, emit) {
    void Promise.resolve().then(() => { for (const v of values) emit(v); });
  },`);
    expect(failed.error.message).toContain("values of a key were read after reduce had returned");
  });

  test("values, a second time", async () => {
    for (const inline of [false, true]) {
      const failed = await failJob(
        `${STRINGS_TO_INTS}
${WORDS}
  reduce(_key, values, emit) {
    const count = [...values].length;
    for (const v of values) emit(v / count);
  },`,
        { inline },
      );
      expect(failed.error.code).toBe("USER_CODE");
      expect(failed.error.message).toContain("values of a key can be iterated only once");
      expect(failed.error.message).toMatch(/> +8 \| {5}for \(const v of values\)/);
    }
  });
});
