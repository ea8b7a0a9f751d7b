/**
 * The job's code ends its thread, in every way there is, or never comes back.
 */

import { describe, expect, test } from "vitest";
import { Command } from "./support/command.ts";
import { ENDS_THREAD_AT_HEAP_LIMIT, FILL_HEAP } from "./support/node-version.ts";
import { jobFile, RunFolder } from "./support/run-folder.ts";
import { failedAttempts, failJob, STRINGS_TO_INTS, textJob } from "./support/text-job.ts";

describe("the job's code ends its thread", () => {
  test("process.exit: the message has the line, the record and the log", async () => {
    const failed = await failJob(`${STRINGS_TO_INTS}
  map(_position, line, emit) {
    console.error("about to go");
    if (line.startsWith("beta")) process.exit(3);
    emit(line, 1);
  },
  reduce: sum,`);
    expect(failed.error.code).toBe("THREAD_DIED");
    expect(failed.error.message).toContain("The job's code called process.exit(3).");
    expect(failed.error.message).toContain(
      '> 7 |     if (line.startsWith("beta")) process.exit(3);',
    );
    expect(failed.error.message).toMatch(/The record: beta two\n {2}in \S+, at byte 10/);
    expect(failed.error.message).toContain("  about to go\n  about to go\n");
    expect(failedAttempts(failed)).toHaveLength(4);
  });

  test.skipIf(!ENDS_THREAD_AT_HEAP_LIMIT)("a heap that grows past its limit", async () => {
    // Many slots, of which one is used, share the machine's memory: each has a small heap.
    const failed = await failJob(
      `${STRINGS_TO_INTS}
  map(_position, line, emit) {
    if (line.startsWith("beta")) { ${FILL_HEAP} }
    emit(line, 1);
  },
  reduce: sum,`,
      { slots: 1000, maxAttempts: 1 },
    );
    expect(failed.error.code).toBe("THREAD_DIED");
    expect(failed.error.message).toContain("ran out of memory: the heap limit is 256 MB.");
    expect(failed.error.message).toMatch(/The record: beta two\n {2}in \S+, at byte 10/);
  });

  test.each([
    [
      "a Map that grows from record to record",
      "for (let i = 0; i < 1000; i++) kept.set(kept.size, i);",
      "",
    ],
    [
      "an array that grows from record to record",
      "for (let i = 0; i < 1000; i++) list.push(i + 0.5);",
      "",
    ],
    ["the values of a key", "", "list.push(new Array(1000).fill(0.5));"],
  ])("%s, in a heap too small for it: the thread ends, and the job goes on", async (...how) => {
    const [, inMap, inReduce] = how;
    const job = jobFile({
      before: "const kept = new Map(); const list = [];",
      definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit, { attempt }) {
    if (attempt.attempt === 0) { ${inMap} }
    emit(line, 1);
  },
  reduce(_key, values, emit, { attempt }) {
    let count = 0;
    for (const _value of values) { count++; if (attempt.attempt === 0) { ${inReduce} } }
    emit(count);
  },`,
    });
    using folder = new RunFolder({ "job.ts": job, "in/text.txt": "line\n".repeat(200_000) });
    // A process of its own: what goes wrong here ends it. With so many slots, each has 256 MB.
    const call = ["run", "job.ts", "in", "-o", "out", "--slots", "1000"];
    const { code, stderr } = await new Command(folder.path, call).ended();
    const phase = inMap === "" ? "reduce" : "map";
    expect(stderr).toContain(`${phase} 0, attempt 0 failed: The thread ran out of memory`);
    expect(folder.read("out/part-00000")).toBe("line\t200000\n");
    expect(code).toBe(0);
  });

  test("a loop without end, and a promise that nobody settles", async () => {
    for (const wait of ["for (;;);", "await new Promise(() => {});"]) {
      const failed = await failJob(
        `${STRINGS_TO_INTS}
  async map(_position, line, emit) {
    if (line.startsWith("beta")) ${wait}
    emit(line, 1);
  },
  reduce: sum,`,
        { taskTimeoutMs: 1000, maxAttempts: 1 },
      );
      expect(failed.error.code).toBe("TASK_TIMEOUT");
      expect(failed.error.message).toContain("No progress for 1 s");
      expect(failed.error.message).toContain("--task-timeout");
      expect(failed.error.message).toMatch(/The record: beta two\n {2}in \S+, at byte 10/);
    }
  });

  test("a slow function that makes progress is left alone", async () => {
    // Each line far within the time, all of them past it.
    using folder = new RunFolder({
      "in/text.txt": "line\n".repeat(24),
      "job.ts": textJob(`${STRINGS_TO_INTS}
  async map(_position, line, emit) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    emit(line, 1);
  },
  reduce: sum,`),
    });
    expect(failedAttempts(await folder.run({ taskTimeoutMs: 1000 }))).toEqual([]);
  });

  test.each([
    ["a promise that rejects and nobody awaits", 'void Promise.reject(new Error("lost"));'],
    ["a timer that throws", 'setTimeout(() => { throw new Error("lost"); }, 1); await pause(9);'],
  ])("%s: the message has the line", async (_what, statement) => {
    const failed = await failJob(`${STRINGS_TO_INTS}
  async map(_position, line, emit) {
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    ${statement}
    emit(line, 1);
  },
  reduce: sum,`);
    expect(failed.error.code).toBe("USER_CODE");
    expect(failed.error.message).toContain("Error: lost");
    expect(failed.error.message).toContain("nothing caught");
    expect(failed.error.message).toContain("> 7 |     ");
  });

  test("a promise that rejects after the last record of its task", async () => {
    const failed = await failJob(`${STRINGS_TO_INTS}
  map(_position, line, emit) {
    void Promise.reject(new Error("lost"));
    emit(line, 1);
  },
  reduce: sum,`);
    expect(failed.error.message).toContain("Error: lost");
    expect(failed.error.message).toContain("> 6 |     ");
  });
});
