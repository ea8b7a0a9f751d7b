import { describe, expect, test } from "vitest";
import {
  cutAt,
  inputFile,
  readAll,
  readingOf,
  splitOf,
} from "../../../test/support/input-bytes.ts";
import { InputFolder } from "../../../test/support/input-folder.ts";
import { SheafError } from "../../base/error.ts";
import { LineViewReader } from "./line-view-reader.ts";
import { text } from "./text.ts";
import { TextReader } from "./text-reader.ts";

const SETTINGS = {
  encoding: "utf-8",
  invalid: "error",
  exact: false,
  lineBytesMax: 1000,
  invalidAdvice: "Advice.",
  limitOption: "text({ lineBytesMax })",
} as const;

/** A reader over one buffer as one split. */
function readerOf(bytes: Buffer, blockBytes = 64): TextReader {
  return new TextReader(splitOf(inputFile(bytes.length)), SETTINGS, readingOf(bytes, blockBytes));
}

/** What the next step of a reader throws. */
function failureOf(reader: { next(): boolean }): SheafError {
  try {
    reader.next();
  } catch (error) {
    if (error instanceof SheafError) return error;
    throw error;
  }
  throw new Error("It did not fail.");
}

describe("text", () => {
  test("reads the lines of a file of this machine, with their positions", async () => {
    using folder = new InputFolder({ "logs/a.txt": "one\ntwo\r\n\nthree" });
    const [file] = await folder.find("logs");
    const reader = text().open(splitOf(file!));
    const seen: [string, number, number, string][] = [];
    do {
      while (reader.next()) {
        const { path, fileIndex, offset } = reader.key;
        seen.push([path, fileIndex, offset, reader.value]);
      }
    } while (await reader.fill());
    expect(seen).toEqual([
      ["a.txt", 0, 0, "one"],
      ["a.txt", 0, 4, "two"],
      ["a.txt", 0, 9, ""],
      ["a.txt", 0, 10, "three"],
    ]);
  });

  test("goes through the files of a packed split in order", async () => {
    using folder = new InputFolder({ "in/a": "1\n2", "in/b": "\uFEFF3\n", "in/c": "é\n" });
    const files = await folder.find("in");
    const segments = files.map((file) => ({ file, start: 0, end: file.sizeBytes }));
    const split = { index: 0, segments, sizeBytes: 10 };
    const reader = text().open(split);
    const seen: string[] = [];
    do {
      while (reader.next()) seen.push(`${reader.key.path}:${reader.key.offset} ${reader.value}`);
    } while (await reader.fill());
    expect(seen).toEqual(["a:0 1", "a:2 2", "b:3 3", "c:0 é"]);
    expect(reader.bytesRead).toBe(3 + 5 + 3);
  });

  test("a line longer than a block, and a block of very short lines, come whole", async () => {
    const long = "long ".repeat(50_000);
    const bytes = Buffer.from(`a\n${long}\n${"b\n".repeat(200_000)}ü${long}\nc`);
    const file = inputFile(bytes.length);
    const settings = { ...SETTINGS, lineBytesMax: 1_000_000 };
    const open = (blockBytes: number) => (split: Parameters<typeof readAll>[0][number]) =>
      new TextReader(split, settings, readingOf(bytes, blockBytes));
    const expected = bytes.toString().split("\n");
    for (const blockBytes of [1024, 100_000, 10_000_000]) {
      const seen = await readAll(cutAt(file, [3, 300_000, 500_001]), open(blockBytes));
      expect(seen.map(({ value }) => value)).toEqual(expected);
    }
  });

  test("an invalid line says which byte is wrong, and reading goes on behind it", () => {
    const bytes = Buffer.concat([
      Buffer.from("good\nb\uFFFDd "),
      Buffer.from([0xe9]),
      Buffer.from("!\nlast\n"),
    ]);
    const reader = readerOf(bytes);
    expect(reader.fill()).toBe(true);
    expect(reader.next()).toBe(true);
    expect(reader.fill()).toBe(true);
    const failure = failureOf(reader);
    expect(failure.code).toBe("RECORD_INVALID");
    expect(failure.message).toBe(
      "Cannot read the line at byte 5 of /data/a.txt: it is not valid UTF-8 " +
        "(0xE9 at byte 11). Advice.",
    );
    expect(failure.data).toEqual({ file: "/data/a.txt", offset: 5 });
    expect(reader.excerpt(20)).toBe("b\uFFFDd \uFFFD!");
    expect(reader.next()).toBe(false);
    expect(reader.fill()).toBe(true);
    expect(reader.next()).toBe(true);
    expect(reader.value).toBe("last");
    expect(reader.key.offset).toBe(14);
  });

  test("a file in UTF-16 is recognised in the message", () => {
    const reader = readerOf(Buffer.from("\uFEFFword\n", "utf16le"));
    expect(reader.fill()).toBe(true);
    expect(failureOf(reader).message).toContain("iconv -f UTF-16");
  });

  test("the rest of a line that is far too long is skipped in bounded memory", async () => {
    const bytes = Buffer.concat([
      Buffer.from("a\n"),
      Buffer.alloc(5_000_000, "x"),
      Buffer.from("\nb\n"),
    ]);
    const views = new LineViewReader(
      splitOf(inputFile(bytes.length)),
      { exact: false, lineBytesMax: 1000, limitOption: "text({ lineBytesMax })" },
      readingOf(bytes, 64),
    );
    for (const reader of [readerOf(bytes), views]) {
      let bufferBytesMax = 0;
      let failure: SheafError | undefined;
      const seen: string[] = [];
      do {
        for (;;) {
          try {
            if (!reader.next()) break;
            seen.push(String(reader.value));
          } catch (error) {
            failure = error as SheafError;
            expect(reader.excerpt(5)).toBe("xxxx…");
            expect(reader.position.offset).toBe(2);
          }
        }
        const { value } = views;
        bufferBytesMax = Math.max(bufferBytesMax, value.bytes.length);
      } while (await reader.fill());
      expect(seen).toEqual(["a", "b"]);
      expect(bufferBytesMax).toBeLessThanOrEqual(1002);
      expect(failure?.message).toBe(
        "Cannot read the line at byte 2 of /data/a.txt: it is longer than 1000 bytes. " +
          "If it is meant to be, raise the limit with text({ lineBytesMax }).",
      );
    }
  });

  test("bytesRead counts each byte once over all splits", async () => {
    const bytes = Buffer.from("one\ntwo\nthree\nfour\n".repeat(20));
    for (const cut of [1, 4, 77, 379]) {
      let total = 0;
      for (const split of cutAt(inputFile(bytes.length), [cut])) {
        const reader = new TextReader(split, SETTINGS, readingOf(bytes, 16));
        let before = 0;
        while (await reader.fill()) {
          expect(reader.bytesRead).toBeGreaterThanOrEqual(before);
          before = reader.bytesRead;
          while (reader.next());
        }
        expect(reader.bytesRead).toBe(split.sizeBytes);
        total += reader.bytesRead;
      }
      expect(total).toBe(bytes.length);
    }
  });

  test("a view shows the bytes of its line where they were read", () => {
    using folder = new InputFolder({ "a.txt": "one\r\nt\0o\n" });
    const reader = text({ as: "bytes" }).open(folder.split("a.txt"));
    expect(reader.fill()).toBe(true);
    expect(reader.next() && reader.value.toString()).toBe("one");
    const view = reader.value;
    expect(reader.next() && reader.value.toString()).toBe("t\0o");
    expect(reader.value).toBe(view);
    expect(reader.key.offset).toBe(5);
    expect(JSON.stringify(reader.key)).toBe('{"path":"a.txt","fileIndex":0,"offset":5}');
  });

  test("exact: a line is all that stands before a line feed", async () => {
    const content = "\uFEFFone\r\n\r\ntwo\r\r\nthree\r";
    using folder = new InputFolder({ "a.txt": content });
    const lines = content.split("\n");
    for (const format of [text({ exact: true }), text({ as: "bytes", exact: true })]) {
      const seen = await readAll([folder.split("a.txt")], (split) => format.open(split));
      expect(seen.map(({ value }) => value)).toEqual(lines);
      expect(seen.map(({ offset }) => offset)).toEqual([0, 8, 10, 16]);
    }
  });

  test("a closed reader has nothing more, even if it was just waiting for bytes", async () => {
    const bytes = Buffer.from("one\ntwo\n");
    const reader = new TextReader(splitOf(inputFile(8)), SETTINGS, readingOf(bytes, 4, true));
    const filling = reader.fill();
    reader.close();
    expect(await filling).toBe(false);
    expect(reader.next()).toBe(false);
    expect(await reader.fill()).toBe(false);
    reader.close();
  });

  test("refuses options that do not exist or do not fit together", () => {
    const wrong: [unknown, string][] = [
      [{ as: "buffer" }, 'text() cannot take as "buffer": it is one of "string", "bytes".'],
      [{ encoding: "utf8" }, 'text() cannot take encoding "utf8": it is one of "utf-8", "latin1".'],
      [{ invalid: "skip" }, 'text() cannot take invalid "skip": it is one of "error", "replace".'],
      [{ maxLine: 3 }, 'text() has no option "maxLine".'],
      [{ as: "bytes", encoding: "latin1" }, 'text({ as: "bytes" }) has no option "encoding".'],
      [{ exact: "yes" }, 'text() cannot take exact "yes": it is true or false.'],
      [{ lineBytesMax: 0 }, "text() cannot take lineBytesMax 0: it is a whole number of bytes"],
      [{ lineBytesMax: 1e12 }, "from 1 to 268,435,456 (256 MB)."],
    ];
    for (const [options, message] of wrong) {
      expect(() => text(options as Parameters<typeof text>[0])).toThrow(message);
    }
  });
});
