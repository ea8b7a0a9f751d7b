/**
 * The job's own functions throw, and emit what they must not. Each time the message says what, in
 * which line, at which record, how often and what the code had printed; nothing is left behind.
 */

import { describe, expect, test } from "vitest";
import { RunFolder } from "./support/run-folder.ts";
import {
  failedAttempts,
  failJob,
  runJob,
  STRINGS_TO_INTS,
  THREE_LINES,
  textJob,
  WORDS,
} from "./support/text-job.ts";

describe("map throws", () => {
  const THROWING = `${STRINGS_TO_INTS}
  map(_position, line, emit) {
    console.log("looking at", line);
    if (line.startsWith("beta")) throw new TypeError("no " + line);
    emit(line, 1);
  },
  reduce: sum,`;

  test("the message has the line in its frame, the record with its place, the count and the log", async () => {
    const failed = await failJob(THROWING);
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
    const failed = await failJob(THROWING, { maxAttempts: 1 });
    expect(failed.error.message).toContain("failed once, and will not be tried again.");
    expect(failedAttempts(failed)).toEqual(["map 0.0 last"]);
  });

  test("inline: the same frame and record, at once", async () => {
    const failed = await failJob(THROWING.replace("console.log", "void"), { inline: true });
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
    expect(last?.map.retries).toBe(1);
  });

  test("what is no Error, in an async function, in a function of a dependency", async () => {
    const thrown = await failJob(`${STRINGS_TO_INTS}
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
    const failed = await failJob(`${STRINGS_TO_INTS}
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
    const failed = await failJob(`  intermediate: { key: string(), value: ${codec} },
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
    const failed = await failJob(`${STRINGS_TO_INTS}
  map(_position, line, emit) { for (const _ of "abc") try { emit("a", 1); } catch {} },
  combine: (a, b) => { throw new Error("cannot combine " + a); },
  reduce: sum,`);
    expect(failed.error.message).toContain("Error: cannot combine 1");
  });

  test("a combiner that makes what its codec cannot carry", async () => {
    const failed = await failJob(`${STRINGS_TO_INTS}
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
      for (const [partitions, range] of [
        [2, "with R = 2 it must return a whole number from 0 to 1."],
        // Where jobs are tried out: what is wrong with the function must show there too.
        [1, "with R = 1 it must return 0."],
      ] as const) {
        const failed = await failJob(
          `${STRINGS_TO_INTS}\n${WORDS}\n  partition: ${partition},\n  reduce: sum,`,
          { inline, partitions },
        );
        expect(failed.error.code).toBe("USER_CODE");
        expect(failed.error.message).toContain(`put the key 'alpha' ${words}`);
        expect(failed.error.message).toContain(range);
        expect(failed.error.message).toContain("The record: alpha one");
      }
    }
  });

  test.each([
    ["throws", '() => { throw new Error("no partition"); }', "Error: no partition"],
    ["returns a number out of range", "() => 7", "put the key 'alpha' into partition 7;"],
  ])("a partition function that %s, of keys that are combined", async (_what, partition, words) => {
    for (const partitions of [1, 2]) {
      const failed = await failJob(
        `${STRINGS_TO_INTS}\n${WORDS}\n  partition: ${partition},\n  combine: sum,\n  reduce: sum,`,
        { partitions },
      );
      expect(failed.error.message).toContain(words);
    }
  });

  test("a function that makes a line of output", async () => {
    const failed = await failJob(`${STRINGS_TO_INTS}
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
      const failed = await failJob(
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
    const failed = await failJob(
      `${STRINGS_TO_INTS}\n${WORDS}\n  reduce(_key, _values, emit) { emit("x"); },`,
    );
    expect(failed.error.code).toBe("VALUE_INVALID");
    expect(failed.error.message).toContain("> 6 |   reduce(");
    expect(failed.error.message).toMatch(/The record: key '\w+'/);
  });

  test.each([
    ["sum", "int()", "2 ** 52", "combine: sum"],
    ["a function", "int()", "2 ** 52", "combine: (a, b) => a + b"],
    [
      "the reduce form",
      "int()",
      "2 ** 52",
      "combine: { reduce(_, [a, b], emit) { emit(a + b); } }",
    ],
    ["an array", "array(int())", "[2 ** 52]", "combine: ([a], [b]) => [a + b]"],
  ])("of %s past 2^53 while combining, and names the key", async (_, codec, value, combine) => {
    const failed = await failJob(`  intermediate: { key: string(), value: ${codec} },
  map(_position, line, emit) {
    for (const word of ["small", "large", "large"]) emit(word, ${value});
  },
  ${combine},
  reduce: identity,`);
    expect(failed.error.code).toBe("VALUE_INVALID");
    expect(failed.error.message).toMatch(/int\(\) cannot carry \d+ \(a number\)/);
    expect(failed.error.message).toContain(
      "It is what `combine` made of values of the key 'large'.",
    );
  });

  test("of sum past 2^53 in reduce, and names the key", async () => {
    const failed = await failJob(`${STRINGS_TO_INTS}
  map(_position, line, emit) {
    for (const word of ["small", "large", "large"]) emit(word, 2 ** 52);
  },
  reduce: sum,`);
    expect(failed.error.code).toBe("VALUE_INVALID");
    expect(failed.error.message).toMatch(/int\(\) cannot carry \d+ \(a number\)/);
    expect(failed.error.message).toContain("The record: key 'large'");
  });

  test("a key over the limit", async () => {
    const failed = await failJob(`${STRINGS_TO_INTS}
  map(_position, line, emit) { emit(line.repeat(200_000), 1); },
  reduce: sum,`);
    expect(failed.error.code).toBe("RECORD_TOO_LARGE");
    expect(failed.error.message).toContain("a key of 1.7 MB (1,800,000 bytes); the limit is 1 MB.");
    expect(failed.error.message).toContain("The record: alpha one");
  });

  test("a record over a quarter of the memory", async () => {
    const failed = await failJob(`  intermediate: { key: string(), value: string() },
  map(_position, line, emit) { emit(line, "#".repeat(5_000_000)); },
  reduce: identity,`);
    expect(failed.error.code).toBe("RECORD_TOO_LARGE");
    expect(failed.error.message).toContain("--memory");
    expect(failed.error.message).toContain("The record: alpha one");
  });
});
