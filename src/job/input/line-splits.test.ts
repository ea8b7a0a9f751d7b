import { isUtf8 } from "node:buffer";
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
import type { RecordReader, Split } from "./input.ts";
import { LineViewReader } from "./line-view-reader.ts";
import { TextReader, type TextSettings } from "./text-reader.ts";

const LINE_BYTES_MAX = 9;
const VALID = [
  "",
  "",
  "a",
  "word",
  "a\rb",
  "\r",
  "é",
  "日本",
  "x😀",
  "12345678\r",
  "123456789",
  "\uFEFF",
];
const TOO_LONG = ["1234567890", "ééééé", "日本語x", "a line that is much, much longer"];
const INVALID = ["ff", "61ff62", "e697", "c3", "f0908d", "ff61ffefbfbd", "ffffffffffffffffffff"];

const text = (words: string[]) => fc.constantFrom(...words).map((word) => Buffer.from(word));
const line = fc.oneof(
  { weight: 6, arbitrary: text(VALID) },
  { weight: 2, arbitrary: text(TOO_LONG) },
  { weight: 2, arbitrary: fc.constantFrom(...INVALID).map((hex) => Buffer.from(hex, "hex")) },
);
const endedLine = fc
  .tuple(line, fc.constantFrom("\n", "\n", "\r\n"))
  .map(([content, end]) => Buffer.concat([content, Buffer.from(end)]));
const file = fc
  .tuple(fc.constantFrom("", "", "\uFEFF"), fc.array(endedLine, { maxLength: 10 }), line)
  .map(([mark, lines, rest]) => Buffer.concat([Buffer.from(mark), ...lines, rest]));

/** What a line should be read as. */
type Tell = (line: Buffer) => Omit<Seen, "offset">;

/** What is no part of a line, but for its line feed. */
interface Dropped {
  readonly mark: boolean;
  readonly carriageReturn: boolean;
}

/** What a file should be read as, worked out in the plainest way. */
function linesOf(bytes: Buffer, tell: Tell, dropped: Dropped): Seen[] {
  const seen: Seen[] = [];
  const hasMark = bytes.subarray(0, 3).equals(Buffer.from("\uFEFF"));
  let start = hasMark && dropped.mark ? 3 : 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf("\n", start);
    const next = newline === -1 ? bytes.length : newline + 1;
    const content = bytes
      .subarray(start, next)
      .toString("latin1")
      .replace(dropped.carriageReturn ? /\r?\n$/ : /\n$/, "");
    const isTooLong = content.length > LINE_BYTES_MAX;
    const told = isTooLong ? { error: "RECORD_TOO_LARGE" } : tell(Buffer.from(content, "latin1"));
    seen.push({ offset: start, ...told });
    start = next;
  }
  return seen;
}

/** Reads a file in one piece, and in two for every place to cut it. */
async function expectAtEveryCut(
  bytes: Buffer,
  open: (split: Split) => RecordReader<unknown, unknown>,
  expected: Seen[],
): Promise<void> {
  const about = inputFile(bytes.length);
  expect(await readAll([splitOf(about)], open)).toEqual(expected);
  for (let cut = 1; cut < bytes.length; cut++) {
    expect(await readAll(cutAt(about, [cut]), open), `cut at ${cut}`).toEqual(expected);
  }
}

const droppedUnless = (exact: boolean): Dropped => ({ mark: !exact, carriageReturn: !exact });

const asText: Tell = (line) => ({ value: line.toString("utf8") });
const ifValid: Tell = (line) => (isUtf8(line) ? asText(line) : { error: "RECORD_INVALID" });
const asLatin1: Tell = (line) => ({ value: line.toString("latin1") });
const utf8 = { encoding: "utf-8", invalid: "error" } as const;
const replaced = { encoding: "utf-8", invalid: "replace" } as const;
const latin1 = { encoding: "latin1", invalid: "error" } as const;
const ways: { name: string; how: Pick<TextSettings, "encoding" | "invalid">; tell: Tell }[] = [
  { name: "text()", how: utf8, tell: ifValid },
  { name: "text, replaced", how: replaced, tell: asText },
  { name: "text, latin1", how: latin1, tell: asLatin1 },
];
const exactness = [{ exact: false }, { exact: true }];

const bufferSizes = fc.record({
  block: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(1024)),
  piece: fc.integer({ min: 1, max: 40 }),
  waits: fc.boolean(),
});

describe("a file cut anywhere: no line is lost, none is read twice, offsets are exact", () => {
  test.each(ways.flatMap((way) => exactness.map((each) => ({ ...way, ...each }))))(
    "$name, exact $exact",
    async ({ how, tell, exact }) => {
      const limits = { lineBytesMax: LINE_BYTES_MAX, invalidAdvice: "", limitOption: "" };
      const settings = { ...how, ...limits, exact };
      const isLatin1 = how.encoding === "latin1";
      const dropped = { mark: !exact && !isLatin1, carriageReturn: !exact };
      await fc.assert(
        fc.asyncProperty(file, bufferSizes, async (bytes, { block, piece, waits }) => {
          const reading = readingOf(bytes, block, waits);
          const open = (split: Split) => new TextReader(split, settings, reading, piece);
          await expectAtEveryCut(bytes, open, linesOf(bytes, tell, dropped));
        }),
        { numRuns: 150 },
      );
    },
  );

  test.each(exactness)("lines as bytes, exact $exact", async ({ exact }) => {
    const settings = { exact, lineBytesMax: LINE_BYTES_MAX, limitOption: "" };
    await fc.assert(
      fc.asyncProperty(file, bufferSizes, async (bytes, { block, waits }) => {
        const reading = readingOf(bytes, block, waits);
        const open = (split: Split) => new LineViewReader(split, settings, reading);
        await expectAtEveryCut(bytes, open, linesOf(bytes, asText, droppedUnless(exact)));
      }),
      { numRuns: 150 },
    );
  });

  test("many cuts at once, down to single bytes", async () => {
    const settings = { exact: false, lineBytesMax: LINE_BYTES_MAX, limitOption: "" };
    await fc.assert(
      fc.asyncProperty(
        file,
        bufferSizes,
        fc.integer({ min: 1, max: 4 }),
        async (bytes, size, step) => {
          const cuts = Array.from({ length: bytes.length }, (_, at) => at).filter(
            (at) => at % step === 0,
          );
          const splits = cutAt(inputFile(bytes.length), cuts.slice(1));
          const reading = readingOf(bytes, size.block, size.waits);
          const open = (split: Split) => new LineViewReader(split, settings, reading);
          expect(await readAll(splits, open)).toEqual(linesOf(bytes, asText, droppedUnless(false)));
        },
      ),
      { numRuns: 200 },
    );
  });
});
