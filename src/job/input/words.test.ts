import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inputFile, readingOf, splitOf } from "../../../test/support/input-bytes.ts";
import { ByteView } from "../../base/byte-view.ts";
import { SheafError } from "../../base/error.ts";
import { TextReader } from "./text-reader.ts";
import { letters, nonSpace, wordBytes, words } from "./words.ts";

/** The words of a line as text. */
function wordsOf(line: string, table = letters): string[] {
  return Array.from(words(new ByteView(Buffer.from(line)), table), String);
}

describe("words", () => {
  test("gives the runs of letters of a line, without its ends being anything", () => {
    expect(wordsOf("  The cat's hat-rack, 2nd floor ")).toEqual([
      "The",
      "cat",
      "s",
      "hat",
      "rack",
      "nd",
      "floor",
    ]);
    expect(wordsOf("")).toEqual([]);
    expect(wordsOf(" . ")).toEqual([]);
    expect(wordsOf("a")).toEqual(["a"]);
  });

  test("in ASCII text, gives what the regular expression for letters gives", () => {
    const ascii = fc.string({
      unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)),
    });
    fc.assert(
      fc.property(ascii, (line) => {
        expect(wordsOf(line)).toEqual(line.match(/\p{L}+/gu) ?? []);
      }),
    );
  });

  test("of any bytes, are the longest runs of letters and bytes outside ASCII", () => {
    const runs = (bytes: Buffer): string[] =>
      bytes.toString("latin1").match(/[a-zA-Z\x80-\xff]+/g) ?? [];
    const near = fc.constantFrom(0x40, 0x41, 0x5a, 0x5b, 0x60, 0x61, 0x7a, 0x7b, 0x7f, 0x80, 0xff);
    const anyBytes = fc.array(fc.oneof(near, fc.integer({ min: 0, max: 255 })), { maxLength: 60 });
    fc.assert(
      fc.property(anyBytes, fc.nat(3), (content, skipped) => {
        const line = new ByteView(Buffer.from(content), Math.min(skipped, content.length));
        for (const all of [words(line), words(line, letters)]) {
          const found = Array.from(all, (word) => Buffer.from(word.copy()).toString("latin1"));
          expect(found).toEqual(runs(Buffer.from(content).subarray(line.start)));
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("keeps characters outside ASCII whole, letters or not", () => {
    expect(wordsOf("çà et là – naïve“x”")).toEqual(["çà", "et", "là", "–", "naïve“x”"]);
  });

  test("looks only at its view, and moves one view", () => {
    const bytes = Buffer.from("one two three");
    const seen: [number, number][] = [];
    const views = new Set<ByteView>();
    for (const word of words(new ByteView(bytes, 1, 11))) {
      seen.push([word.start, word.end]);
      views.add(word);
      expect(word.bytes).toBe(bytes);
    }
    expect(seen).toEqual([
      [1, 3],
      [4, 7],
      [8, 11],
    ]);
    expect(views.size).toBe(1);
  });

  test("calls may be nested, left early and made on a moved view", () => {
    const line = new ByteView(Buffer.from("a b c"));
    const pairs: string[] = [];
    for (const left of words(line)) {
      for (const right of words(line)) {
        if (left.start < right.start) pairs.push(`${left}${right}`);
        if (pairs.length === 3) break;
      }
    }
    expect(pairs).toEqual(["ab", "ac", "bc"]);
    const iterator = words(line);
    line.start = line.end;
    expect(Array.from(iterator, String)).toEqual(["a", "b", "c"]);
    expect(iterator.next().done).toBe(true);
  });

  test("nonSpace gives what stands between ASCII white space", () => {
    expect(wordsOf("\tGET  /a?b=c\u00a0é\r\n\v\fHTTP/1.1\0 x", nonSpace)).toEqual([
      "GET",
      "/a?b=c\u00a0é",
      "HTTP/1.1\0",
      "x",
    ]);
  });

  test("a table may be made of a pattern, whatever its flags, or of a list", () => {
    expect(wordsOf("xA1-fg", wordBytes(/[a-f0-9]/i))).toEqual(["A1", "f"]);
    expect(wordsOf("aé1b", wordBytes(/[a-z]/gy))).toEqual(["a", "b"]);
    expect(wordsOf("aé1b", wordBytes(/[a-z]/, { nonAscii: true }))).toEqual(["aé", "b"]);
    expect(wordsOf("+1-2", wordBytes("+-12"))).toEqual(["+1-2"]);
    expect(() => wordBytes("aé")).toThrow(SheafError);
  });
});

describe("words of a string", () => {
  const match = (line: string): string[] => line.match(/\p{L}+/gu) ?? [];

  test("are what the regular expression for letters gives, in any script", () => {
    const unit = fc.oneof(
      fc.constantFrom(
        "a",
        "Z",
        " ",
        "1",
        "é",
        "ß",
        "д",
        "文",
        "𝒳",
        "😀",
        "\u0301",
        "–",
        "\ud835",
        "\udcb3",
      ),
      fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (line) => {
        expect([...words(line)]).toEqual(match(line));
      }),
      { numRuns: 3000 },
    );
  });

  test("may be gone over in nested loops", () => {
    const pairs: string[] = [];
    for (const a of words("a b")) for (const b of words("c d")) pairs.push(a + b);
    expect(pairs).toEqual(["ac", "ad", "bc", "bd"]);
  });
});

describe("words of a line that was read", () => {
  const match = (line: string): string[] => line.match(/\p{L}+/gu) ?? [];
  const unit = fc.constantFrom("a", "Z", "b", " ", "-", "\n", "\n", "\r\n", "é", "文");
  const ascii = fc.constantFrom("a", "Z", "b", " ", "-", "\n", "\r\n");
  const anyText = fc.oneof(
    fc.string({ unit: ascii, maxLength: 200 }),
    fc.string({ unit, maxLength: 200 }),
    // Lines of more than a window, and words of more than one.
    fc
      .array(fc.tuple(ascii, fc.integer({ min: 1, max: 3000 })), { maxLength: 8 })
      .map((runs) => runs.map(([character, times]) => character.repeat(times)).join(" ")),
  );

  function readerOf(content: string, blockBytes: number): TextReader {
    const bytes = Buffer.from(content);
    return new TextReader(
      splitOf(inputFile(bytes.length)),
      {
        encoding: "utf-8",
        invalid: "error",
        exact: false,
        lineBytesMax: 1 << 20,
        invalidAdvice: "",
        limitOption: "",
      },
      readingOf(bytes, blockBytes),
      blockBytes / 2,
    );
  }

  test("are those of the line as a string, at once, twice, nested, and left early", () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(16, 64, 1 << 16), (content, blockBytes) => {
        const reader = readerOf(content, blockBytes);
        while (reader.fill() === true) {
          while (reader.next()) {
            const line = reader.value;
            const expected = match(line);
            expect([...words(line)]).toEqual(expected);
            for (const first of words(line)) {
              expect(first).toBe(expected[0]);
              expect([...words(line)]).toEqual(expected);
              break;
            }
            expect([...words(`${line}x`)]).toEqual(match(`${line}x`));
            expect([...words(line.toLowerCase())]).toEqual(match(line.toLowerCase()));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test("stay what they are when the reader has gone on", () => {
    fc.assert(
      fc.property(anyText, (content) => {
        const reader = readerOf(content, 16);
        const kept: [string[], IterableIterator<string>][] = [];
        while (reader.fill() === true) {
          while (reader.next()) {
            const started = words(reader.value);
            const [first, ...rest] = match(reader.value);
            const result = started.next();
            expect(result.done ? undefined : result.value).toBe(first);
            kept.push([rest, started], [match(reader.value), words(reader.value)]);
          }
        }
        for (const [expected, iterator] of kept) expect([...iterator]).toEqual(expected);
      }),
    );
  });
});
