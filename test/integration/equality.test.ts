/**
 * The guarantee: for deterministic functions, the bytes of the output are those of the sequential
 * executor, whatever the job's shape, and whatever the slots, the splits and the memory.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KEY_BYTES_MAX } from "../../src/base/limits.ts";
import { randomInput, randomJob, settings } from "./support/random-job.ts";
import { jobFile, type Ran, RunFolder } from "./support/run-folder.ts";

/** Counters that do not depend on how the work was cut. */
function stableCounters({ result }: Ran, combines: boolean): unknown {
  const { task, user } = result.counters;
  const { MAP_INPUT_RECORDS, MAP_OUTPUT_RECORDS, REDUCE_INPUT_GROUPS, REDUCE_OUTPUT_RECORDS } =
    task;
  const reduceInput = combines ? "fewer" : task.REDUCE_INPUT_RECORDS;
  return {
    MAP_INPUT_RECORDS,
    MAP_OUTPUT_RECORDS,
    REDUCE_INPUT_GROUPS,
    REDUCE_OUTPUT_RECORDS,
    reduceInput,
    user,
  };
}

/** Runs a job in this thread and in others, in two ways, and expects the same of all. */
async function expectEqual(source: string, input: string, splitBytes = 1024): Promise<Ran> {
  using folder = new RunFolder({ "job.ts": source, "in/text.txt": input });
  const inline = await folder.run({ partitions: 3, inline: true });
  for (const setting of [
    { slots: 1, splitBytes: 1 << 20 },
    { slots: 3, splitBytes },
  ]) {
    const threads = await folder.run({ partitions: 3, ...setting });
    expect(threads.parts).toEqual(inline.parts);
    expect(stableCounters(threads, true)).toEqual(stableCounters(inline, true));
    expect(threads.result.steps.map(({ step, iteration }) => [step, iteration])).toEqual(
      inline.result.steps.map(({ step, iteration }) => [step, iteration]),
    );
  }
  return inline;
}

const LINES = Array.from({ length: 600 }, (_, i) => `${i % 37} ${(i * 7919) % 600}\n`).join("");

describe("threads put out what the sequential executor does", () => {
  test("for any job, input, slots and splits", { timeout: 180_000 }, async () => {
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(
        randomJob,
        randomInput,
        settings,
        settings,
        fc.integer({ min: 1, max: 7 }),
        async ({ source, combines }, input, one, other, partitions) => {
          using folder = new RunFolder({ "job.ts": source, ...input });
          const inline = await folder.run({ partitions, inline: true });
          for (const setting of [one, other]) {
            const threads = await folder.run({ partitions, ...setting });
            expect(threads.parts).toEqual(inline.parts);
            expect(stableCounters(threads, combines)).toEqual(stableCounters(inline, combines));
          }
          tried++;
        },
      ),
      { numRuns: 40 },
    );
    expect(tried).toBe(40);
  });

  test.each([
    ["words of lines", "text()", "emit.all(words(line), line.length)"],
    ["words of bytes", 'text({ as: "bytes" })', "emit.all(words(line), line.length)"],
    ["words that were begun", "text()", "const all = words(line); all.next(); emit.all(all, 1)"],
    ["words of another text", "text()", "emit.all(words(line.toUpperCase()), 1)"],
    ["words twice", "text()", "const all = words(line); emit.all(all, 1); emit.all(all, 1)"],
    ["any keys", "text()", "emit.all(new Set(line), 2)"],
    ["no words, whose value nobody asks for", "text()", 'emit.all(words("-"), NaN)'],
    ["no words of a line", "text()", "emit.all(words(line), /\\p{L}/u.test(line) ? 1 : NaN)"],
    [
      "a word that is too long, and what is before it",
      "text()",
      "try { emit.all(words(line), 1) } catch {}",
    ],
    [
      "a word of bytes that is too long, and what is before it",
      'text({ as: "bytes" })',
      "try { emit.all(words(line), 1) } catch {}",
    ],
  ])("emit.all of %s", async (name, input, map) => {
    const lines = Array.from({ length: 400 }, (_, i) => {
      const letters = String.fromCharCode(97 + (i % 26), 97 + (i % 7));
      return `${letters.repeat((i % 6) + 1)} the-${letters}${i % 5 === 0 ? "é" : ""} a${"\r".repeat(i % 2)}\n`;
    });
    const tooLong = name.includes("too long") ? `the ${"z".repeat(KEY_BYTES_MAX + 1)} never\n` : "";
    const long = `-\n${"x".repeat(3000)} ${"word ".repeat(1200)}\n${tooLong}`;
    const digest = `reduce(_key, values, emit) {
    let digest = 0;
    for (const value of values) digest = (digest * 31 + value) % 1000003;
    emit(digest);
  },`;
    const xor = `combine: (a, b) => a ^ b,
  reduce(_key, values, emit) {
    emit([...values].reduce((a, b) => a ^ b));
  },`;
    for (const fold of ["combine: sum, reduce: sum,", "combine: max, reduce: max,", xor, digest]) {
      await expectEqual(
        jobFile({
          definition: `  input: ${input},
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    ${map};
  },
  ${fold}
`,
        }),
        lines.join("") + long,
        // A thousand splits of a word are too many.
        tooLong === "" ? 1024 : 1 << 16,
      );
    }
  });

  test("min and max of NaN and of both zeros, which only their order of arrival could tell", async () => {
    for (const fold of ["min", "max"]) {
      const ran = await expectEqual(
        jobFile({
          definition: `  input: text(),
  intermediate: { key: string(), value: float() },
  map(_position, line, emit) {
    const [i, j] = line.split(" ").map(Number);
    emit("zeros" + i, j % 2 === 0 ? 0 : -0);
    emit("NaN" + i, j % 3 === 0 ? NaN : j);
  },
  combine: ${fold},
  reduce: ${fold},
  output: textOutput({ line: (key, v) => key + (Object.is(v, -0) ? " -0 " : " ") + v }),`,
        }),
        LINES,
      );
      expect(ran.text).toContain("NaN1 NaN\n");
      expect(ran.text).toContain(fold === "min" ? "zeros1 -0 0\n" : "zeros1 0\n");
    }
  });
});

describe("a pipeline", () => {
  const COUNT = `const count = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) { for (const word of line.split(" ")) emit(word, 1); },
  combine: sum,
  reduce: sum,
});`;
  const HALVE = `const halve = defineJob({
  input: outputOf(count),
  intermediate: { key: string(), value: int() },
  map(word, n, emit, { count, previous }) {
    emit(word.slice(0, -1) || "0", Math.ceil(n / 2) + (previous.seen ?? 0) % 2);
    count("seen");
  },
  reduce(word, values, emit, { count }) {
    let sum = 0;
    for (const v of values) sum += v;
    if (sum > 20) count("large");
    emit(sum);
  },
});`;
  const BY_COUNT = `const byCount = defineJob({
  input: outputOf(count),
  intermediate: { key: tuple(int(), string()), value: nothing() },
  result: string(),
  partition: range(),
  map(word, n, emit) { emit([-n, word], undefined); },
  reduce([n], values, emit) { for (const _ of values) emit("#".repeat(-n)); },
});`;
  const JOBS = [COUNT, HALVE, BY_COUNT].join("\n");

  function pipelineFile(expression: string): string {
    const file = jobFile({ before: JOBS, definition: "" });
    return `${file.slice(0, file.indexOf("export default"))}export default ${expression};\n`;
  }

  test("of three steps, the last one sorted by range", async () => {
    const source = pipelineFile("pipeline(count).step(halve).step(byCount)");
    const ran = await expectEqual(source, LINES);
    expect(ran.result.steps).toHaveLength(3);
    const sizes = ran.text.split("\n").map((line) => line.split("\t").at(-1)!.length);
    expect(sizes.slice(0, -1)).toEqual(sizes.slice(0, -1).sort((a, b) => b - a));
  });

  test("that repeats a step as often as it says", async () => {
    const ran = await expectEqual(
      pipelineFile("pipeline(count).repeat(halve, { times: 3 }).step(byCount)"),
      LINES,
    );
    expect(ran.result.steps.map(({ step, iteration }) => `${step}.${iteration}`)).toEqual([
      "0.1",
      "1.1",
      "1.2",
      "1.3",
      "2.1",
    ]);
  });

  const UNTIL = "until: ({ iteration, counters }) => iteration > 1 && counters.seen < 100";

  test("whose repetition in the middle ends early", async () => {
    const ran = await expectEqual(
      pipelineFile(`pipeline(count).repeat(halve, { times: 9, ${UNTIL} }).step(byCount)`),
      LINES,
    );
    expect(ran.result.steps.length).toBeGreaterThan(3);
    expect(ran.result.steps.length).toBeLessThan(10);
  });

  test("whose last step's repetition ends early: what it has left becomes the output", async () => {
    const early = await expectEqual(
      pipelineFile(`pipeline(count).repeat(halve, { times: 9, ${UNTIL} })`),
      LINES,
    );
    const iterations = early.result.steps.filter(({ step }) => step === 1).length;
    // The same number of iterations, known from the start.
    const known = await expectEqual(
      pipelineFile(`pipeline(count).repeat(halve, { times: ${iterations} })`),
      LINES,
    );
    expect(early.parts).toEqual(known.parts);
  });

  test("whose until never says true ends after its times", async () => {
    const ran = await expectEqual(
      pipelineFile("pipeline(count).repeat(halve, { times: 2, until: () => false })"),
      LINES,
    );
    expect(ran.result.steps).toHaveLength(3);
  });
});
