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
import { SheafError } from "../../base/error.ts";
import { FixedRecordReader } from "./fixed-record-reader.ts";
import { fixedRecords } from "./fixed-records.ts";
import type { Split } from "./input.ts";

/** What a file should be read as, worked out in the plainest way. */
function recordsOf(content: string, recordBytes: number): Seen[] {
  const seen: Seen[] = [];
  for (let offset = 0; offset < content.length; offset += recordBytes) {
    const value = content.slice(offset, offset + recordBytes);
    seen.push(
      value.length === recordBytes ? { offset, value } : { offset, error: "RECORD_INVALID" },
    );
  }
  return seen;
}

describe("fixedRecords", () => {
  test("a file that is cut anywhere: no record is lost, none is read twice", async () => {
    const content = fc
      .integer({ min: 1, max: 40 })
      .map((length) => "0123456789abcdef".repeat(3).slice(0, length));
    const sizes = fc.record({
      record: fc.integer({ min: 1, max: 12 }),
      block: fc.integer({ min: 1, max: 30 }),
      waits: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(content, sizes, async (content, { record, block, waits }) => {
        const reading = readingOf(Buffer.from(content), block, waits);
        const open = (split: Split) => new FixedRecordReader(split, record, reading);
        const file = inputFile(content.length);
        const expected = recordsOf(content, record);
        expect(await readAll([splitOf(file)], open)).toEqual(expected);
        for (let cut = 1; cut < content.length; cut++) {
          expect(await readAll(cutAt(file, [cut]), open), `cut at ${cut}`).toEqual(expected);
        }
        const everywhere = Array.from({ length: content.length - 1 }, (_, at) => at + 1);
        expect(await readAll(cutAt(file, everywhere), open)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test("what is left at the end of a file is a bad record, and the next file is read", async () => {
    using folder = new InputFolder({ "in/a": "abcdefgh", "in/b": "123456" });
    const segments = (await folder.find("in")).map((file) => ({
      file,
      start: 0,
      end: file.sizeBytes,
    }));
    const reader = fixedRecords({ bytes: 3 }).open({ index: 0, segments, sizeBytes: 14 });
    const seen: string[] = [];
    do {
      for (;;) {
        try {
          if (!reader.next()) break;
          seen.push(reader.value.toString());
        } catch (error) {
          expect(error).toBeInstanceOf(SheafError);
          expect((error as SheafError).message).toBe(
            `Cannot read the record at byte 6 of ${folder.at("in/a")}: the file ends ` +
              "after 2 of its 3 bytes. Check that the file is whole, and that " +
              "fixedRecords({ bytes }) is its record length.",
          );
          expect(reader.excerpt(10)).toBe("gh");
        }
      }
    } while (await reader.fill());
    expect(seen).toEqual(["abc", "def", "123", "456"]);
    expect(reader.bytesRead).toBe(14);
  });

  test("refuses a length that cannot be", () => {
    const wrong = [undefined, {}, { bytes: 0 }, { bytes: 1.5 }, { bytes: 10, size: 3 }];
    for (const options of wrong) {
      expect(() => fixedRecords(options as { bytes: number })).toThrow(SheafError);
    }
  });
});
