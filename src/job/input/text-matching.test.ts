import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cutAt,
  inputFile,
  readAll,
  readingOf,
  type Seen,
  splitOf,
} from "../../../test/support/input-bytes.ts";
import { InputFolder } from "../../../test/support/input-folder.ts";
import { anyChar, anyPattern } from "../../../test/support/patterns.ts";
import type { SheafError } from "../../base/error.ts";
import type { RecordReader, Split } from "./input.ts";
import { LineViewReader } from "./line-view-reader.ts";
import { text } from "./text.ts";
import { TextReader } from "./text-reader.ts";

const LIMITS = { lineBytesMax: 24, invalidAdvice: "", limitOption: "" };

const piece = anyChar.filter((char) => char !== "\n").map((char) => Buffer.from(char));
const invalid = fc
  .constantFrom("ff", "c3", "f09f98", "eda0bd")
  .map((hex) => Buffer.from(hex, "hex"));
const end = fc.constantFrom("\n", "\n", "\r\n").map((char) => Buffer.from(char));
const lines = (part: fc.Arbitrary<Buffer>) =>
  fc
    .array(fc.tuple(fc.array(part, { maxLength: 9 }), end), { maxLength: 12 })
    .chain((ended) =>
      fc.array(part, { maxLength: 4 }).map((rest) => Buffer.concat([...ended.flat(2), ...rest])),
    );
const file = fc.oneof(
  { weight: 3, arbitrary: lines(piece) },
  { weight: 1, arbitrary: lines(fc.oneof({ weight: 12, arbitrary: piece }, invalid)) },
);
const sizes = fc.record({
  block: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(1024)),
  piece: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(1024)),
  waits: fc.boolean(),
});
const cuts = fc.array(fc.nat(), { maxLength: 4 });

type Open = (split: Split, reading: ReturnType<typeof readingOf>, piece: number) => AnyReader;
type AnyReader = RecordReader<unknown, unknown>;

/** Every way to read lines, with a pattern and without. */
function waysToRead(): { name: string; openWith: (matching: RegExp | undefined) => Open }[] {
  const views = [false, true].map((exact) => ({
    name: `bytes, exact ${exact}`,
    openWith: (matching: RegExp | undefined): Open => {
      const settings = { ...LIMITS, exact, matching };
      return (split, reading) => new LineViewReader(split, settings, reading);
    },
  }));
  const encodings = [
    { encoding: "utf-8", invalid: "error" },
    { encoding: "utf-8", invalid: "replace" },
    { encoding: "latin1", invalid: "error" },
  ] as const;
  const strings = encodings.flatMap((how) =>
    [false, true].map((exact) => ({
      name: `${how.encoding}, invalid ${how.invalid}, exact ${exact}`,
      openWith: (matching: RegExp | undefined): Open => {
        const settings = { ...LIMITS, ...how, exact, matching };
        return (split, reading, bytes) => new TextReader(split, settings, reading, bytes);
      },
    })),
  );
  return [...strings, ...views];
}

/** What is wanted: the lines that cannot be read, and those that the pattern is found in. */
function wanted(seen: readonly Seen[], pattern: RegExp): Seen[] {
  return seen.filter(({ value }) => {
    pattern.lastIndex = 0;
    return value === undefined || pattern.test(value);
  });
}

describe("matching: the records are the lines that the pattern is found in, no more, no fewer", () => {
  test.each(waysToRead())("$name", async ({ openWith }) => {
    let records = 0;
    await fc.assert(
      fc.asyncProperty(anyPattern, file, sizes, cuts, async (pattern, bytes, size, places) => {
        const about = inputFile(bytes.length);
        const reading = readingOf(bytes, size.block, size.waits);
        const plain = openWith(undefined);
        const all = await readAll([splitOf(about)], (split) => plain(split, reading, size.piece));
        const expected = wanted(all, pattern);
        records += expected.length;
        const matching = openWith(pattern);
        const open = (split: Split) => matching(split, reading, size.piece);
        const inside = places
          .filter(() => bytes.length > 1)
          .map((at) => 1 + (at % (bytes.length - 1)));
        const cutInOrder = [...new Set(inside)].sort((a, b) => a - b);
        expect(await readAll([splitOf(about)], open)).toEqual(expected);
        expect(await readAll(cutAt(about, cutInOrder), open)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
    expect(records).toBeGreaterThan(1000);
  });

  test("near and far from each other, in files of many blocks", async () => {
    const far = `${"nothing to see here\n".repeat(100)}one needle\r\n`.repeat(40);
    const near = "é needle\nneedle\n\nnone\n".repeat(2000);
    using folder = new InputFolder({ "a.txt": `${far}${near}${far}the last needle` });
    const split = folder.split("a.txt");
    const plain = await readAll([split], (each) => text().open(each));
    for (const pattern of [/needle/, /ne{2}dle$/, /one|é/, /needle(?=$)|^$/m, /\bNEEDLE/i]) {
      const expected = wanted(plain, pattern);
      expect(expected.length).toBeGreaterThan(80);
      expect(await readAll([split], (each) => text({ matching: pattern }).open(each))).toEqual(
        expected,
      );
      const views = text({ as: "bytes", matching: pattern });
      expect(await readAll([split], (each) => views.open(each))).toEqual(expected);
    }
  });
});

describe("matching", () => {
  test("a line that cannot be read is a bad record, whether it would match or not", () => {
    using folder = new InputFolder({ "a.txt": Buffer.from("one\nb\xe9d\ntwo\n", "latin1") });
    const reader = text({ matching: /two/ }).open(folder.split("a.txt"));
    const failures: string[] = [];
    const values: string[] = [];
    while (reader.fill() === true) {
      for (;;) {
        try {
          if (!reader.next()) break;
          values.push(reader.value);
        } catch (error) {
          failures.push((error as SheafError).code);
        }
      }
    }
    expect(values).toEqual(["two"]);
    expect(failures).toEqual(["RECORD_INVALID"]);
  });

  test("the pattern that was given is left alone, whatever its flags", async () => {
    using folder = new InputFolder({ "a.txt": "ab\nba\nab\n" });
    for (const [flags, expected] of [
      ["g", ["ab", "ba", "ab"]],
      ["y", ["ab", "ab"]],
      ["gy", ["ab", "ab"]],
    ] as const) {
      const pattern = new RegExp("a", flags);
      pattern.lastIndex = 2;
      const seen = await readAll([folder.split("a.txt")], (split) =>
        text({ matching: pattern }).open(split),
      );
      expect(seen.map(({ value }) => value)).toEqual(expected);
      expect(pattern.lastIndex).toBe(2);
    }
  });

  test("all bytes of the input count as read", () => {
    using folder = new InputFolder({ "a.txt": "one\n".repeat(1000) });
    for (const reader of [
      text({ matching: /two/ }).open(folder.split("a.txt")),
      text({ as: "bytes", matching: /two/ }).open(folder.split("a.txt")),
    ]) {
      while (reader.fill() === true) expect(reader.next()).toBe(false);
      expect(reader.bytesRead).toBe(4000);
    }
  });
});
