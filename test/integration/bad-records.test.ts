/**
 * --skip-bad-records: a record or group that fails twice, in whatever way, is left out and kept in
 * `_bad/`; all else is as if it had never been in the input.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ENDS_THREAD_AT_HEAP_LIMIT, FILL_HEAP } from "./support/node-version.ts";
import { jobFile, type Ran, RunFolder } from "./support/run-folder.ts";

const LINES = Array.from({ length: 300 }, (_, i) => `${i} word${i % 17}`);
const TEXT = `${LINES.join("\n")}\n`;
/** In four splits of the usual test size, which has slots 2 read two at once. */
const BAD = [7, 8, 120, 299];
const CONDITION = `[${BAD}].includes(Number(line.split(" ")[0]))`;

/** Counts words; `whenBad` is what map does with a bad line, after it has emitted and counted. */
function wordsJob(whenBad: string, more = ""): string {
  return jobFile({
    definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map({ offset }, line, emit, { count }) {
    count("lines");
    for (const word of line.split(" ")) emit(word, offset);
    if (${CONDITION}) { ${whenBad} }
    count("good lines");
  },
  ${more}
  reduce(_key, values, emit, { count }) { count("words"); for (const v of values) emit(v); },`,
  });
}

interface BadLine {
  readonly phase: string;
  readonly task: number;
  readonly file: string;
  readonly offset: number;
  readonly record: string;
  readonly error: string;
}

function badLinesOf({ result }: Ran): BadLine[] {
  const folder = join(result.output, "_bad");
  return readdirSync(folder)
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1))
    .map((line) => JSON.parse(line) as BadLine);
}

/** The output of the sequential executor without the bad lines, offsets included. */
async function expectedParts(source: string): Promise<readonly string[]> {
  // An empty line in place of a bad one keeps the offsets of the others.
  const blanked = LINES.map((line, i) => (BAD.includes(i) ? " ".repeat(line.length) : line));
  using folder = new RunFolder({
    "job.ts": source.replace('count("lines");', 'if (line.trim() === "") return;'),
    "in/text.txt": `${blanked.join("\n")}\n`,
  });
  return (await folder.run({ inline: true })).parts;
}

function failuresOf({ events }: Ran): number {
  return events.filter(({ type }) => type === "attempt-failed").length;
}

describe("a bad record", () => {
  test.each<readonly [string, string, string, number]>([
    ["throws", 'throw new Error("bad " + line);', "bad 7 word7", 0],
    ["ends its thread", "process.exit(1);", "The job's code called process.exit(1).", 8],
    ["loops", "for (;;);", "No progress for 0.6 s", 8],
    ...(ENDS_THREAD_AT_HEAP_LIMIT
      ? [["fills the heap", FILL_HEAP, "The thread ran out of memory", 8] as const]
      : []),
  ])("that %s is left out, in several tasks at once", async (what, whenBad, words, failures) => {
    const source = wordsJob(whenBad);
    using folder = new RunFolder({ "job.ts": source, "in/text.txt": TEXT });
    const ran = await folder.run({
      skipBadRecords: 4,
      taskTimeoutMs: what === "loops" ? 600 : 60_000,
      // For a small heap: the memory of the machine is shared by all slots, used or not.
      slots: what === "fills the heap" ? 1000 : 2,
    });
    expect(ran.parts).toEqual(await expectedParts(source));
    // A busy machine may add a time-out of its own, which the next attempt makes up for.
    expect(failuresOf(ran)).toBeGreaterThanOrEqual(failures);
    if (what !== "loops") expect(failuresOf(ran)).toBe(failures);
    expect(ran.result.skippedRecords).toBe(4);
    const { MAP_INPUT_RECORDS, MAP_SKIPPED_RECORDS, MAP_OUTPUT_RECORDS } = ran.result.counters.task;
    expect({ MAP_INPUT_RECORDS, MAP_SKIPPED_RECORDS, MAP_OUTPUT_RECORDS }).toEqual({
      MAP_INPUT_RECORDS: 300,
      MAP_SKIPPED_RECORDS: 4,
      MAP_OUTPUT_RECORDS: 2 * 296,
    });
    const { lines, "good lines": good } = ran.result.counters.user;
    expect({ lines, good }).toEqual({ lines: 296, good: 296 });
    const bad = badLinesOf(ran);
    expect(bad.map(({ record }) => record)).toEqual(BAD.map((i) => LINES[i]));
    expect(bad.map(({ offset }) => offset)).toEqual(BAD.map((i) => TEXT.indexOf(`${LINES[i]}\n`)));
    expect(bad.every(({ file, phase }) => file === folder.at("in/text.txt") && phase === "map"));
    expect(bad[0]!.error).toContain(words);
  });

  test("of a job whose numbers are folded, and of a sample for range()", async () => {
    for (const [whenBad, more] of [
      ['throw new Error("bad");', "combine: max,"],
      ["process.exit(1);", "partition: range(),"],
      ['throw new Error("bad");', "partition: range(),"],
    ] as const) {
      const source = wordsJob(whenBad, more).replace(/reduce\(.*/, "reduce: max,");
      using folder = new RunFolder({ "job.ts": source, "in/text.txt": TEXT });
      const ran = await folder.run({ skipBadRecords: 4 });
      const without = await expectedParts(source);
      // Boundaries come from a sample of all the input, so only the parts in a row are the same.
      expect(ran.parts.join("")).toEqual(without.join(""));
      expect(badLinesOf(ran)).toHaveLength(4);
    }
  });

  test("that throws once and then succeeds is no bad record", async () => {
    using folder = new RunFolder({ "in/text.txt": "one\ntwo\nthree\n" });
    const state = JSON.stringify(folder.at("state"));
    folder.write(
      "job.ts",
      jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit, { count }) {
    count("lines");
    emit(line, 1);
    if (line === "two" && !existsSync(${state})) { writeFileSync(${state}, ""); throw new Error("once"); }
  },
  reduce: sum,`,
      }),
    );
    const ran = await folder.run({ skipBadRecords: 1, partitions: 1 });
    expect(ran.text).toBe("one\t1\nthree\t1\ntwo\t1\n");
    expect(ran.result.counters.user).toEqual({ lines: 3 });
    expect(ran.result.skippedRecords).toBe(0);
  });

  test("that emits what its codec, its partitioner or the memory refuses", async () => {
    for (const combine of ["", "combine: sum,"]) {
      using folder = new RunFolder({
        "in/text.txt": "one\nfraction\nlost\nhuge\ntwo\n",
        "job.ts": jobFile({
          definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    emit("first", 1);
    emit(line === "huge" ? "#".repeat(2_000_000) : line, line === "fraction" ? 0.5 : 1);
  },
  partition: (key, R) => (key === "lost" ? R : 0),
  ${combine}
  reduce: sum,`,
        }),
      });
      const ran = await folder.run({ skipBadRecords: 3 });
      expect(ran.text).toBe("first\t2\none\t1\ntwo\t1\n");
      expect(badLinesOf(ran).map(({ record }) => record)).toEqual(["fraction", "lost", "huge"]);
      expect(badLinesOf(ran)[1]!.error).toContain("into partition 2");
    }
    using folder = new RunFolder({
      "in/text.txt": "one\nlarge\n",
      "job.ts": jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: string() },
  map(_position, line, emit) { emit(line, line === "large" ? "#".repeat(5_000_000) : line); },
  reduce: identity,`,
      }),
    });
    const ran = await folder.run({ skipBadRecords: 3 });
    expect(ran.text).toBe("one\tone\n");
    expect(badLinesOf(ran)[0]!.error).toContain("--memory");
  });

  test("that cannot be decoded: a line that is no UTF-8, one that is no JSON, one that is too long", async () => {
    const invalid = Buffer.concat([
      Buffer.from("ok\n"),
      Buffer.of(0xff, 0xfe, 10),
      Buffer.from("so\n"),
    ]);
    for (const [input, content, offset] of [
      ["text()", invalid, 3],
      ["ndjson()", '"ok"\n{"a":\n"so"\n', 5],
      ["text({ lineBytesMax: 10 })", `ok\n${"long ".repeat(500)}\nso\n`, 3],
    ] as const) {
      using folder = new RunFolder({
        "in/text.txt": content,
        "job.ts": jobFile({
          definition: `  input: ${input},
  intermediate: { key: string(), value: nothing() },
  map(_position, line, emit) { emit(line, undefined); },
  reduce: identity,
  output: textOutput({ only: "keys" }),`,
        }),
      });
      const ran = await folder.run({ skipBadRecords: 1, partitions: 1 });
      expect(ran.text).toBe("ok\nso\n");
      expect(badLinesOf(ran)).toMatchObject([{ offset, file: folder.at("in/text.txt") }]);
      const { MAP_INPUT_RECORDS, MAP_SKIPPED_RECORDS } = ran.result.counters.task;
      expect([MAP_INPUT_RECORDS, MAP_SKIPPED_RECORDS]).toEqual([3, 1]);
    }
  });
});

describe("a bad group", () => {
  test.each([
    ["throws", 'throw new Error("no " + key);', "Error: no two"],
    ["ends its thread", "process.exit(1);", "The job's code called process.exit(1)."],
  ])("that %s is left out, and shows its key", async (_what, whenBad, words) => {
    using folder = new RunFolder({
      "in/text.txt": "one two\ntwo three\n",
      "job.ts": jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map({ offset }, line, emit) { for (const word of line.split(" ")) emit(word, offset); },
  reduce(key, values, emit, { count }) {
    count("groups");
    for (const v of values) emit(v);
    if (key === "two") ${whenBad}
  },`,
      }),
    });
    const ran = await folder.run({ skipBadRecords: 1, partitions: 1 });
    expect(ran.text).toBe("one\t0\nthree\t8\n");
    expect(ran.result.skippedRecords).toBe(1);
    expect(ran.result.counters.task.REDUCE_SKIPPED_GROUPS).toBe(1);
    expect(ran.result.counters.task.REDUCE_OUTPUT_RECORDS).toBe(2);
    expect(ran.result.counters.user).toEqual({ groups: 2 });
    expect(badLinesOf(ran)).toEqual([
      { phase: "reduce", task: 0, file: "", offset: 0, record: "key 'two'", error: words },
    ]);
  });

  test("of a later step: _bad names the step, and skips of all steps are counted together", async () => {
    using folder = new RunFolder({
      "in/text.txt": "one\ntwo\nthree\n",
      "job.ts": jobFile({
        before: `const first = defineJob({
  input: text(), intermediate: { key: string(), value: int() },
  map(_position, line, emit) { if (line === "one") throw new Error("not one"); emit(line, 1); },
  reduce: sum,
});
const second = defineJob({
  input: outputOf(first), intermediate: { key: string(), value: int() },
  map(key, n, emit) { if (key === "two") throw new Error("not two"); emit(key, n); }, reduce: sum,
});`,
        definition: "",
      }).replace("defineJob({\n\n})", "pipeline(first).step(second)"),
    });
    const ran = await folder.run({ skipBadRecords: 2 });
    expect(ran.text).toBe("three\t1\n");
    expect(readdirSync(join(ran.result.output, "_bad")).sort()).toEqual([
      "step-0.1-map-00000.ndjson",
      expect.stringMatching(/^step-1.1-map-0000\d.ndjson$/),
    ]);
    const { error } = await folder.fail({ skipBadRecords: 1 });
    expect(error.code).toBe("TOO_MANY_BAD_RECORDS");
  });
});

describe("more bad records than may be skipped", () => {
  test.each([
    ["in one task", { splitBytes: 1 << 20 }],
    ["in several tasks", { slots: 2 }],
    ["in several tasks, one after the other", { slots: 1 }],
  ])("%s: the job fails and shows one of them", async (_where, options) => {
    using folder = new RunFolder({
      "job.ts": wordsJob('throw new Error("bad line");'),
      "in/text.txt": TEXT,
    });
    const { error } = await folder.fail({ skipBadRecords: 3, ...options });
    expect(error.code).toBe("TOO_MANY_BAD_RECORDS");
    expect(error.message).toMatch(
      /^Too many bad records: map task \d met one more than may be skipped./,
    );
    expect(error.message).toContain("Error: bad line");
    expect(error.message).toMatch(/The record: \d+ word\d+\n/);
    expect(error.message).toContain("Raise --skip-bad-records");
  });

  test("of those that end their thread", async () => {
    using folder = new RunFolder({ "job.ts": wordsJob("process.exit(1);"), "in/text.txt": TEXT });
    const { error } = await folder.fail({ skipBadRecords: 1, splitBytes: 1 << 20 });
    expect(error.code).toBe("TOO_MANY_BAD_RECORDS");
    expect(error.message).toContain("The record: 8 word8");
  });

  test("inline, none may be skipped, and the message says so", async () => {
    using folder = new RunFolder({ "job.ts": wordsJob(""), "in/text.txt": TEXT });
    const { error } = await folder.fail({ skipBadRecords: 1, inline: true });
    expect(error.code).toBe("USAGE");
    expect(error.message).toContain("cannot skip bad records");
  });
});

test("whichever records and groups are bad, in whatever ways, the others are as without them", {
  timeout: 120_000,
}, async () => {
  const source = jobFile({
    definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map({ offset }, line, emit, { count }) {
    const [word, fate] = line.split(" ");
    count("seen");
    emit(word, offset);
    if (fate === "throws") throw new Error("bad");
    if (fate === "emits") emit(word, 0.5);
    if (fate === "exits") process.exit(1);
  },
  reduce(key, values, emit, { count }) {
    count("groups");
    let sum = 0;
    for (const v of values) { emit(v); sum += v; }
    emit(sum);
    if (key === "throws") throw new Error("bad");
    if (key === "exits") process.exit(1);
  },`,
  });
  const fate = fc.constantFrom(...Array(30).fill(""), "throws", "emits", "exits");
  const word = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "throws", "exits");
  const line = fc.tuple(word, fate).map(([first, second]) => `${first} ${second}`.trimEnd());
  const lines = fc.array(line, { minLength: 100, maxLength: 400 });
  await fc.assert(
    fc.asyncProperty(lines, fc.integer({ min: 1, max: 3 }), async (all, slots) => {
      const isGood = (text: string) => !/ \w/.test(text);
      const badGroups = ["throws", "exits"];
      const left = all.map((text) => {
        const isKept = isGood(text) && !badGroups.includes(text);
        return isKept ? text : "-".repeat(text.length);
      });
      const bad = all.filter((text) => !isGood(text)).length;
      const groups = badGroups.filter((key) => all.includes(key)).length;
      using folder = new RunFolder({ "job.ts": source, "in/text.txt": `${all.join("\n")}\n` });
      const ran = await folder.run({ skipBadRecords: 1000, slots });
      expect(ran.result.skippedRecords).toBe(bad + groups);
      expect(badLinesOf(ran)).toHaveLength(bad + groups);
      const last = ran.events.filter((event) => event.type === "progress").at(-1);
      expect(last?.map.skippedRecords).toBe(bad);
      expect(last?.reduce.skippedRecords).toBe(groups);
      folder.write("in/text.txt", `${left.join("\n")}\n`);
      folder.write("job.ts", source.replace('count("seen");', 'if (line[0] === "-") return;'));
      const expected = await folder.run({ inline: true });
      expect(ran.parts).toEqual(expected.parts);
      expect(ran.result.counters.user.groups ?? 0).toBe(expected.result.counters.user.groups ?? 0);
    }),
    { numRuns: 5 },
  );
});

test("without bad records, what may be skipped changes nothing", async () => {
  const source = wordsJob("");
  using folder = new RunFolder({ "job.ts": source, "in/text.txt": TEXT });
  const strict = await folder.run();
  const lenient = await folder.run({ skipBadRecords: 5 });
  expect(lenient.parts).toEqual(strict.parts);
  expect(lenient.result.counters).toEqual(strict.result.counters);
  expect(readdirSync(lenient.result.output)).toEqual(["_SUCCESS", "part-00000", "part-00001"]);
});
