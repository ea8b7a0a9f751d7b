/**
 * Jobs whose intermediate data is larger than a slot's memory: they spill and merge, in several
 * passes where there are many runs, and put out the bytes of the sequential executor all the same.
 */

import { describe, expect, test } from "vitest";
import { jobFile, type Ran, RunFolder } from "./support/run-folder.ts";

const LINES = 2000;

/** Numbered lines; each becomes some 16 KB of intermediate data, 32 MB in all. */
const INPUT = { "in/lines.txt": numberedLines(LINES) };
const ONE_SPLIT = { slots: 1, splitBytes: 1 << 20 };
const SEVERAL_SPLITS = { slots: 2, splitBytes: 4096 };

/** Shows all values of a key in their order, in few bytes. */
const DIGEST =
  'import { createHash } from "node:crypto"; ' +
  "function digest(values) { const all = createHash('sha1'); let n = 0; " +
  "for (const v of values) { n++; all.update(String(v)).update('|'); } " +
  "return n + ' ' + all.digest('hex'); }";

function numberedLines(count: number): string {
  return Array.from({ length: count }, (_, i) => `${i} ${(i * 7919) % count}\n`).join("");
}

function digestJob(fields: string): string {
  return jobFile({
    before: DIGEST,
    definition: `  input: text(),\n  result: string(),\n${fields}\n  reduce(_key, values, emit) { emit(digest(values)); },`,
  });
}

/** The most spills that any progress event has told. */
function spillsOf({ events }: Ran): number {
  const counts = events.map((event) =>
    event.type === "progress" ? event.map.spills + event.reduce.spills : 0,
  );
  return Math.max(0, ...counts);
}

/** Compares runs in threads, of one split and of several, with the sequential executor. */
async function expectEqual(source: string, files: Record<string, string> = INPUT): Promise<Ran> {
  using folder = new RunFolder({ "job.ts": source, ...files });
  const inline = await folder.run({ inline: true });
  const one = await folder.run(ONE_SPLIT);
  expect(one.parts).toEqual(inline.parts);
  const several = await folder.run(SEVERAL_SPLITS);
  expect(several.parts).toEqual(inline.parts);
  expect(inline.text.length).toBeGreaterThan(10);
  return one;
}

describe("more intermediate data than memory", () => {
  test("many keys: values keep the order of their emission", async () => {
    const ran = await expectEqual(
      digestJob(`  intermediate: { key: string(), value: string() },
  map({ offset }, line, emit) {
    const [i, j] = line.split(" ");
    for (let n = 0; n < 4; n++) emit("k" + (j % 300), i + "-" + n + "#".repeat(4000));
  },`),
    );
    expect(spillsOf(ran)).toBeGreaterThan(1);
    const { MAP_OUTPUT_RECORDS, SPILLED_RECORDS } = ran.result.counters.task;
    expect(SPILLED_RECORDS).toBeGreaterThan(MAP_OUTPUT_RECORDS);
  });

  test("numbers that a table folds, of more distinct keys than it holds", async () => {
    const ran = await expectEqual(
      jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map({ offset }, line, emit) {
    const [, j] = line.split(" ");
    for (let n = 0; n < 16; n++) emit("#".repeat(1000) + ((j * 16 + n) % 20000), offset);
  },
  combine: sum,
  reduce: sum,
  output: textOutput({ line: (key, sum) => key.slice(1000) + " " + sum }),`,
      }),
    );
    expect(spillsOf(ran)).toBeGreaterThan(1);
  });

  test("a combiner of one's own, run at each spill and merge", async () => {
    const ran = await expectEqual(
      jobFile({
        definition: `  input: text(),
  intermediate: { key: int(), value: json() },
  map(_position, line, emit) {
    const [i, j] = line.split(" ").map(Number);
    for (let n = 0; n < 4; n++) emit(j % 1000, { n: 1, most: "#".repeat(4000) + (i + n) });
  },
  combine: (a, b) => ({ n: a.n + b.n, most: a.most > b.most ? a.most : b.most }),
  reduce(_key, values, emit) {
    let all;
    for (const v of values) {
      all = all === undefined ? v : { n: all.n + v.n, most: all.most > v.most ? all.most : v.most };
    }
    emit({ n: all.n, most: all.most.slice(3990) });
  },
  output: ndjsonOutput(),`,
      }),
    );
    expect(spillsOf(ran)).toBeGreaterThan(1);
    const { COMBINE_INPUT_RECORDS, COMBINE_OUTPUT_RECORDS } = ran.result.counters.task;
    expect(COMBINE_OUTPUT_RECORDS).toBeLessThan(COMBINE_INPUT_RECORDS);
  });

  test("one key with 200,000 values, which reduce reads without keeping them", async () => {
    const ran = await expectEqual(
      digestJob(`  intermediate: { key: string(), value: string() },
  map({ offset }, line, emit) {
    for (let n = 0; n < 100; n++) emit("the", offset + "-" + n + "#".repeat(150));
  },`),
    );
    expect(spillsOf(ran)).toBeGreaterThan(1);
    expect(ran.text).toMatch(/^the\t200000 /);
  });

  test("secondary sort: the values of a group come by the order field, and a reduce that stops early", async () => {
    const ran = await expectEqual(
      jobFile({
        before: DIGEST,
        definition: `  input: text(),
  intermediate: { key: grouped(string(), int()), value: string() },
  result: string(),
  map(_position, line, emit) {
    const [i, j] = line.split(" ").map(Number);
    for (let n = 0; n < 4; n++) emit(["g" + (j % 40), -((i * 31 + n) % 50)], i + "#".repeat(4000));
  },
  reduce([group, order], values, emit) {
    let left = order % 2 === 0 ? 10 : 1000;
    const some = [];
    for (const v of values) { some.push(v); if (--left === 0) break; }
    emit(order + " " + digest(some));
  },`,
      }),
    );
    expect(spillsOf(ran)).toBeGreaterThan(1);
  });

  test("a sort by range: the parts in a row are sorted", async () => {
    const ran = await expectEqual(
      jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: bytes() },
  partition: range(),
  map({ offset }, line, emit) {
    const [, j] = line.split(" ");
    for (let n = 0; n < 4; n++) emit("k" + String(j * 4 + n).padStart(5, "0"), Buffer.alloc(4000));
  },
  reduce: identity,
  output: textOutput({ only: "keys" }),`,
      }),
    );
    expect(spillsOf(ran)).toBeGreaterThan(1);
    const lines = ran.text.split("\n").slice(0, -1);
    expect(lines).toHaveLength(4 * LINES);
    expect(lines).toEqual([...lines].sort());
    expect(ran.result.parts.every(({ records }) => records > LINES)).toBe(true);
  });

  test("a map output that is damaged on its way is found out", async () => {
    using folder = new RunFolder(INPUT);
    const work = JSON.stringify(folder.at("work"));
    folder.write(
      "job.ts",
      jobFile({
        before: 'import { readdirSync } from "node:fs";',
        definition: `  input: text(),
  intermediate: { key: int(), value: string() },
  partition: (key) => key,
  map({ offset }, line, emit) { emit(offset % 2, line); },
  reduce(key, values, emit) {
    // The first partition's reduce writes into the region of the second.
    if (key === 0) for (const name of readdirSync(${work}, { recursive: true })) {
      const path = ${work} + "/" + name;
      if (!/map-0-0$/.test(name)) continue;
      const bytes = readFileSync(path);
      bytes.fill("?", bytes.length - 50, bytes.length - 40);
      writeFileSync(path, bytes);
    }
    for (const v of values) emit(v);
  },`,
      }),
    );
    const { error } = await folder.fail({ slots: 1, splitBytes: 4096 });
    expect(error.code).toBe("REGION_CORRUPT");
    expect(error.message).toMatch(/Cannot read bytes \d+ to \d+ of \S+map-0-0: /);
    expect(error.message).not.toContain("The record:");
  });

  test("more map outputs than a merge can read at once: another pass merges some", async () => {
    using folder = new RunFolder({
      "job.ts": digestJob(`  intermediate: { key: string(), value: string() },
  map({ offset }, line, emit) { emit("k" + (offset % 50), line); },`),
      "in/lines.txt": numberedLines(20_000),
    });
    const inline = await folder.run({ inline: true });
    const threads = await folder.run({ splitBytes: 1024 });
    expect(threads.parts).toEqual(inline.parts);
    expect(threads.result.counters.task.SHUFFLED_MAPS).toBeGreaterThan(2 * 150);
    expect(spillsOf(threads)).toBeGreaterThan(0);
  });
});
