import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactSizeInWords, parseSizeBytes, sizeInWords } from "./size.ts";

describe("parseSizeBytes", () => {
  test.each([
    ["0", 0],
    ["1", 1],
    ["17B", 17],
    ["17 bytes", 17],
    ["1KB", 1024],
    ["1k", 1024],
    ["1KiB", 1024],
    ["64MB", 64 * 1024 ** 2],
    ["64 mb", 64 * 1024 ** 2],
    [" 64MiB ", 64 * 1024 ** 2],
    ["1.5G", 1.5 * 1024 ** 3],
    [".5kb", 512],
    ["2TB", 2 * 1024 ** 4],
  ])("%j is %d bytes", (words, bytes) => {
    expect(parseSizeBytes(words)).toBe(bytes);
  });

  test.each([
    "",
    " ",
    "MB",
    "12 parsecs",
    "1e9",
    "-1MB",
    "1,5GB",
    "1 K B",
    "0x10",
    "9999999TB",
    "64MBs",
  ])("%j is no size", (words) => {
    expect(parseSizeBytes(words)).toBeUndefined();
  });
});

describe("sizeInWords", () => {
  test.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [7.7967194572219745, "8 bytes"],
    [1023, "1023 bytes"],
    [1024, "1 KB"],
    [1536, "1.5 KB"],
    [1024 ** 2 - 1, "1 MB"],
    [64 * 1024 ** 2, "64 MB"],
    [1023 * 1024 ** 3, "1023 GB"],
    [5000 * 1024 ** 4, "5000 TB"],
  ])("%d bytes are %j", (bytes, words) => {
    expect(sizeInWords(bytes)).toBe(words);
  });

  test("what it says, parseSizeBytes reads back to within 6 per cent", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (bytes) => {
        const read = parseSizeBytes(sizeInWords(bytes))!;
        expect(Math.abs(read - bytes)).toBeLessThanOrEqual(bytes * 0.06);
      }),
      { numRuns: 200 },
    );
  });
});

describe("exactSizeInWords", () => {
  test.each([
    [0, "0 bytes"],
    [1023, "1023 bytes"],
    [1024, "1 KB"],
    [1025, "1 KB (1,025 bytes)"],
    [1536, "1.5 KB"],
    [16 * 1024 ** 2, "16 MB"],
    [3_000_004, "2.9 MB (3,000,004 bytes)"],
  ])("%d bytes are %j", (bytes, words) => {
    expect(exactSizeInWords(bytes)).toBe(words);
  });

  test("tells any two sizes apart", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 30), fc.integer({ min: 1, max: 2000 }), (bytes, more) => {
        expect(exactSizeInWords(bytes)).not.toBe(exactSizeInWords(bytes + more));
      }),
      { numRuns: 500 },
    );
  });
});
