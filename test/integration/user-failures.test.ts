/**
 * The job's own functions fail: by throwing, by ending their thread, by looping, by misusing what
 * they were given. Each time the message says what, in which line, at which record, how often and
 * what the code had printed; nothing is left behind; and no output is silently wrong.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ENDS_THREAD_AT_HEAP_LIMIT, FILL_HEAP } from "./support/node-version.ts";
import { type Changes, type Failed, jobFile, type Ran, RunFolder } from "./support/run-folder.ts";

const THREE_LINES = { "in/text.txt": "alpha one\nbeta two\ngamma three\n" };
const STRINGS_TO_INTS = "  intermediate: { key: string(), value: int() },";
const WORDS =
  '  map(_position, line, emit) { for (const word of line.split(" ")) emit(word, 1); },';

/** The attempts that failed, and whether each was tried again. */
function failedAttempts({ events }: Failed | Ran): string[] {
  return events.flatMap((event) =>
    event.type === "attempt-failed"
      ? [`${event.phase} ${event.task}.${event.attempt}${event.retry ? "" : " last"}`]
      : [],
  );
}

/** Fails a job over three lines of text; its fields stand from line 3 of the file on. */
async function fail(fields: string, changes: Changes = {}): Promise<Failed> {
  using folder = new RunFolder({ ...THREE_LINES, "job.ts": textJob(fields) });
  return await folder.fail(changes);
}

async function runJob(fields: string, changes: Changes = {}): Promise<Ran> {
  using folder = new RunFolder({ ...THREE_LINES, "job.ts": textJob(fields) });
  return await folder.run(changes);
}

function textJob(fields: string): string {
  return jobFile({ definition: `  input: text(),\n${fields}` });
}

describe("map throws", () => {
  const THROWING = `${STRINGS_TO_INTS}
  map(_position, line, emit) {
    console.log("looking at", line);
    if (line.startsWith("beta")) throw new TypeError("no " + line);
    emit(line, 1);
  },
  reduce: sum,`;

  test("the message has the line in its frame, the record with its place, the count and the log", async () => {
    const failed = await fail(THROWING);
    const { code, message, data } = failed.error;
    expect(code).toBe("USER_CODE");
    expect(message.replace(/\S*\/in\/text.txt/, "IN")).toBe(`\
The map task 0 failed 4 times, and will not be tried again. This failure occurred 4 times:

TypeError: no beta two
      at map (job.ts:7:40)

  5 |   map(_position, line, emit) {
  6 |     console.log("looking at", line);
> 7 |     if (line.startsWith("beta")) throw new TypeError("no " + line);
    |                                        ^
  8 |     emit(line, 1);
  9 |   },

The record: beta two
  in IN, at byte 10

Its last lines on the console:
  looking at alpha one
  looking at beta two

To go on without such records, pass --skip-bad-records N: they are kept in _bad/ of the output.`);
    expect(data).toMatchObject({ phase: "map", task: 0, occurrences: 4, offset: 10 });
    expect(failedAttempts(failed)).toEqual(["map 0.0", "map 0.1", "map 0.2", "map 0.3 last"]);
  });

  test("as often as --max-attempts says", async () => {
    const failed = await fail(THROWING, { maxAttempts: 1 });
    expect(failed.error.message).toContain("failed once, and will not be tried again.");
    expect(failedAttempts(failed)).toEqual(["map 0.0 last"]);
  });

  test("inline: the same frame and record, at once", async () => {
    const failed = await fail(THROWING.replace("console.log", "void"), { inline: true });
    expect(failed.error.code).toBe("USER_CODE");
    expect(failed.error.message).toContain('> 7 |     if (line.startsWith("beta"))');
    expect(failed.error.message).toMatch(/The record: beta two\n {2}in \S+text.txt, at byte 10/);
  });

  test("once: the next attempt succeeds, and only it counts", async () => {
    using folder = new RunFolder(THREE_LINES);
    const state = JSON.stringify(folder.at("state"));
    folder.write(
      "job.ts",
      textJob(`${STRINGS_TO_INTS}
  map(_position, line, emit, { count }) {
    count("lines");
    if (line.startsWith("gamma") && !existsSync(${state})) {
      writeFileSync(${state}, "");
      throw new Error("not yet");
    }
    emit(line, 1);
  },
  reduce: sum,`),
    );
    const ran = await folder.run({ partitions: 1 });
    expect(failedAttempts(ran)).toEqual(["map 0.0"]);
    expect(ran.text).toBe("alpha one\t1\nbeta two\t1\ngamma three\t1\n");
    expect(ran.result.counters.user).toEqual({ lines: 3 });
    const last = ran.events.filter((event) => event.type === "progress").at(-1);
    expect(last?.retries).toBe(1);
  });

  test("what is no Error, in an async function, in a function of a dependency", async () => {
    const thrown = await fail(`${STRINGS_TO_INTS}
  async map() { await null; throw { status: 404 }; },
  reduce: sum,`);
    expect(thrown.error.message).toContain("Thrown: { status: 404 } (not an Error");
    using folder = new RunFolder({
      ...THREE_LINES,
      "lib/parse.ts": "export function parse(line: string) {\n  return JSON.parse(line);\n}\n",
      "job.ts": textJob(`${STRINGS_TO_INTS}
  map(_position, line) { parse(line); },
  reduce: sum,`).replace(
        "export default",
        'import { parse } from "./lib/parse.ts";\nexport default',
      ),
    });
    const { error } = await folder.fail();
    expect(error.message).toContain("SyntaxError: Unexpected token");
    expect(error.message).toMatch(/at parse \(lib\/parse.ts:2:15\)\n\s+at map \(job.ts:6:26\)/);
    expect(error.message).toContain("> 2 |   return JSON.parse(line);");
  });
});

describe("other functions throw", () => {
  test("reduce: the message names the key", async () => {
    const failed = await fail(`${STRINGS_TO_INTS}
${WORDS}
  reduce(key) {
    if (key === "two") throw new RangeError("no " + key);
  },`);
    expect(failed.error.code).toBe("USER_CODE");
    expect(failed.error.message).toMatch(/^The reduce task \d failed 4 times/);
    expect(failed.error.message).toContain(`> 7 |     if (key === "two") throw`);
    expect(failed.error.message).toContain("The record: key 'two'\n");
  });

  test.each([
    ["of two numbers", "int()", "1", '(a) => { throw new Error("cannot combine " + a); }'],
    [
      "of two objects",
      "json()",
      "{ n: 1 }",
      '(a) => { throw new Error("cannot combine " + a.n); }',
    ],
    [
      "over values",
      "int()",
      "1",
      '{ reduce(_key, values) { for (const v of values) throw new Error("cannot combine " + v); } }',
    ],
  ])("a combiner %s: no record is to blame", async (_form, codec, value, combine) => {
    const failed = await fail(`  intermediate: { key: string(), value: ${codec} },
  map(_position, line, emit) { for (const _ of "abc") emit("a", ${value}); },
  combine: ${combine},
  reduce(_key, _values, emit) { emit(${value}); },`);
    expect(failed.error.code).toBe("USER_CODE");
    expect(failed.error.message).toContain("Error: cannot combine 1");
    expect(failed.error.message).toMatch(/> 6 \|.*cannot combine/);
    expect(failed.error.message).not.toContain("The record:");
    expect(failed.error.message).not.toContain("--skip-bad-records");
  });

  test("a combiner whose error map swallows: the attempt fails all the same", async () => {
    const failed = await fail(`${STRINGS_TO_INTS}
  map(_position, line, emit) { for (const _ of "abc") try { emit("a", 1); } catch {} },
  combine: (a, b) => { throw new Error("cannot combine " + a); },
  reduce: sum,`);
    expect(failed.error.message).toContain("Error: cannot combine 1");
  });

  test("a combiner that makes what its codec cannot carry", async () => {
    const failed = await fail(`${STRINGS_TO_INTS}
  map(_position, line, emit) { for (const _ of "abc") emit("a", 1); },
  combine: (a, b) => (a + b) / 4,
  reduce: sum,`);
    expect(failed.error.code).toBe("VALUE_INVALID");
    expect(failed.error.message).toContain("int() cannot carry 0.33");
    expect(failed.error.message).not.toContain("The record:");
  });

  test.each([
    ["a number out of range", "(key) => key.length", "into partition 5;"],
    ["a fraction", "() => 0.5", "into partition 0.5;"],
    ["nothing", "() => {}", "into partition undefined;"],
    ["a negative number", "() => -1", "into partition -1;"],
  ])("a partition function that returns %s", async (_what, partition, words) => {
    for (const inline of [false, true]) {
      const failed = await fail(
        `${STRINGS_TO_INTS}\n${WORDS}\n  partition: ${partition},\n  reduce: sum,`,
        { inline },
      );
      expect(failed.error.code).toBe("USER_CODE");
      expect(failed.error.message).toContain(`put the key 'alpha' ${words}`);
      expect(failed.error.message).toContain("a whole number from 0 to 1.");
      expect(failed.error.message).toContain("The record: alpha one");
    }
  });

  test("a function that makes a line of output", async () => {
    const failed = await fail(`${STRINGS_TO_INTS}
${WORDS}
  reduce: sum,
  output: textOutput({ line(key) { return key.no.such; } }),`);
    expect(failed.error.message).toContain("> 7 |   output: textOutput(");
    expect(failed.error.message).toMatch(/The record: key '\w+'/);
  });

  test("one whose error reduce swallows leaves nothing of its line in the part", async () => {
    const fields = `  intermediate: { key: string(), value: string() },
  map(_position, line, emit) { for (const word of line.split(" ")) emit(word, word); },
  reduce(key, values, emit) {
    try { emit("bad"); } catch { emit("caught"); }
  },
  output: textOutput({ line(key, value) {
    if (value === "bad") throw new Error("cannot show it");
    return key + " " + value;
  } }),`;
    const ran = await runJob(fields, { partitions: 1 });
    expect(ran.text.split("\n").slice(0, 2)).toEqual(["alpha caught", "beta caught"]);
    expect(ran.result.counters.task.REDUCE_OUTPUT_RECORDS).toBe(6);
    expect((await runJob(fields, { partitions: 1, inline: true })).parts).toEqual(ran.parts);
  });
});

describe("emit is given what its codec cannot carry", () => {
  test.each([
    ["a key of the wrong type", "emit(5, 1)", "string() cannot carry 5"],
    ["a value of the wrong type", 'emit(line, "1")', 'int() cannot carry "1"'],
    ["no value", "emit(line)", "int() cannot carry undefined"],
    ["a fraction for int()", "emit(line, -0.5)", "int() cannot carry -0.5 (a number). Use float()"],
    ["NaN for int()", "emit(line, NaN)", "int() cannot carry NaN"],
  ])("%s", async (_what, call, words) => {
    for (const combine of ["", "combine: sum, "]) {
      const failed = await fail(
        `${STRINGS_TO_INTS}\n  map(_position, line, emit) { ${call}; },\n  ${combine}reduce: sum,`,
      );
      expect(failed.error.code).toBe("VALUE_INVALID");
      expect(failed.error.message).toContain(words);
      expect(failed.error.message).toContain("> 5 |   map(");
      expect(failed.error.message).toContain("The record: alpha one");
    }
  });

  test("and map catches the error: that is its own business, and nothing was emitted", async () => {
    for (const combine of ["", "combine: sum, "]) {
      const fields = `${STRINGS_TO_INTS}
  map(_position, line, emit) {
    try { emit(line, 0.5); } catch { emit("caught", 1); }
  },
  ${combine}reduce: sum,`;
      const ran = await runJob(fields);
      expect(ran.text).toBe("caught\t3\n");
      expect(ran.parts).toEqual((await runJob(fields, { inline: true })).parts);
    }
  });

  test("in reduce: the message names the key", async () => {
    const failed = await fail(
      `${STRINGS_TO_INTS}\n${WORDS}\n  reduce(_key, _values, emit) { emit("x"); },`,
    );
    expect(failed.error.code).toBe("VALUE_INVALID");
    expect(failed.error.message).toContain("> 6 |   reduce(");
    expect(failed.error.message).toMatch(/The record: key '\w+'/);
  });

  test("a key over the limit", async () => {
    const failed = await fail(`${STRINGS_TO_INTS}
  map(_position, line, emit) { emit(line.repeat(200_000), 1); },
  reduce: sum,`);
    expect(failed.error.code).toBe("RECORD_TOO_LARGE");
    expect(failed.error.message).toContain("a key of 1800000 bytes; the limit is 1048576.");
    expect(failed.error.message).toContain("The record: alpha one");
  });

  test("a record over a quarter of the memory", async () => {
    const failed = await fail(`  intermediate: { key: string(), value: string() },
  map(_position, line, emit) { emit(line, "#".repeat(5_000_000)); },
  reduce: identity,`);
    expect(failed.error.code).toBe("RECORD_TOO_LARGE");
    expect(failed.error.message).toContain("--memory");
    expect(failed.error.message).toContain("The record: alpha one");
  });
});

describe("the job's code ends its thread", () => {
  test("process.exit: the message has the line, the record and the log", async () => {
    const failed = await fail(`${STRINGS_TO_INTS}
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
    const failed = await fail(
      `${STRINGS_TO_INTS}
  map(_position, line, emit) {
    if (line.startsWith("beta")) { ${FILL_HEAP} }
    emit(line, 1);
  },
  reduce: sum,`,
      { slots: 1000, maxAttempts: 1 },
    );
    expect(failed.error.code).toBe("THREAD_DIED");
    expect(failed.error.message).toContain("ran out of memory: the heap limit is 256 MiB.");
    expect(failed.error.message).toMatch(/The record: beta two\n {2}in \S+, at byte 10/);
  });

  test("a loop without end, and a promise that nobody settles", async () => {
    for (const wait of ["for (;;);", "await new Promise(() => {});"]) {
      const failed = await fail(
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
    const ran = await runJob(
      `${STRINGS_TO_INTS}
  async map(_position, line, emit) {
    await new Promise((resolve) => setTimeout(resolve, 450));
    emit(line, 1);
  },
  reduce: sum,`,
      { taskTimeoutMs: 1000 },
    );
    expect(failedAttempts(ran)).toEqual([]);
  });

  test.each([
    ["a promise that rejects and nobody awaits", 'void Promise.reject(new Error("lost"));'],
    ["a timer that throws", 'setTimeout(() => { throw new Error("lost"); }, 1); await pause(9);'],
  ])("%s: the message has the line", async (_what, statement) => {
    const failed = await fail(`${STRINGS_TO_INTS}
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
    const failed = await fail(`${STRINGS_TO_INTS}
  map(_position, line, emit) {
    void Promise.reject(new Error("lost"));
    emit(line, 1);
  },
  reduce: sum,`);
    expect(failed.error.message).toContain("Error: lost");
    expect(failed.error.message).toContain("> 6 |     ");
  });
});

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
    const failed = await fail(`${STRINGS_TO_INTS}
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
    const failed = await fail(`${STRINGS_TO_INTS}
${WORDS}
  async reduce(_key, values, emit) {
    void (async () => { for (const v of values) { await null; await null; await null; emit(v); } })();
  },`);
    expect(failed.error.message).toContain("after reduce had returned");
    expect(failed.error.message).toMatch(/> 7 \|/);
  });

  test("values, when reduce returned before it read them", async () => {
    const failed = await fail(`${STRINGS_TO_INTS}
${WORDS}
  reduce(_key, values, emit) {
    void Promise.resolve().then(() => { for (const v of values) emit(v); });
  },`);
    expect(failed.error.message).toContain("values of a key were read after reduce had returned");
  });

  test("values, a second time", async () => {
    for (const inline of [false, true]) {
      const failed = await fail(
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

describe("the module itself", () => {
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

describe("what the job prints", () => {
  test("is kept in _logs, by task, and appears on no stream", async () => {
    using folder = new RunFolder({
      ...THREE_LINES,
      "job.ts": textJob(`${STRINGS_TO_INTS}
  map(_position, line, emit) {
    console.log("line: %s", line, { n: 1 });
    process.stderr.write("to stderr\\n");
    emit("a", 1);
  },
  reduce(_key, values, emit) { console.warn("in reduce"); emit([...values].length); },`),
    });
    const { result } = await folder.run({ partitions: 1 });
    const log = (name: string) => readFileSync(join(result.output, "_logs", name), "utf8");
    expect(log("map-00000.log")).toBe(
      ["alpha one", "beta two", "gamma three"]
        .map((line) => `line: ${line} { n: 1 }\nto stderr\n`)
        .join(""),
    );
    expect(log("reduce-00000.log")).toBe("in reduce\n");
  });

  test("of a failed attempt is not kept when another one wins", async () => {
    using folder = new RunFolder(THREE_LINES);
    const state = JSON.stringify(folder.at("state"));
    folder.write(
      "job.ts",
      textJob(`${STRINGS_TO_INTS}
  map(_position, line, emit) {
    const first = !existsSync(${state});
    writeFileSync(${state}, "");
    if (first) { console.log("first"); throw new Error("once"); }
    console.log("second");
    emit(line, 1);
  },
  reduce: sum,`),
    );
    const { result } = await folder.run({ partitions: 1 });
    const log = readFileSync(join(result.output, "_logs/map-00000.log"), "utf8");
    expect(log).toBe("second\n".repeat(3));
  });
});
