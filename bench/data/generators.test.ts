import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DataFolder } from "./data-folder.ts";
import { VOCABULARY_WORDS } from "./vocabulary.ts";

describe("generated data", () => {
  const SIZE_BYTES = 1_000_000;
  let root = "";
  let data: DataFolder;
  beforeAll(() => {
    root = mkdtempSync(path.join(tmpdir(), "sheaf-bench-"));
    data = new DataFolder(path.join(root, "one"), () => {});
  });
  afterAll(() => rmSync(root, { recursive: true }));
  const linesOf = (file: string) => readFileSync(file, "latin1").trimEnd().split("\n");

  test("the same size makes the same bytes", () => {
    const again = new DataFolder(path.join(root, "two"), () => {});
    const same = (one: string, other: string) => readFileSync(one).equals(readFileSync(other));
    expect(same(again.words(SIZE_BYTES), data.words(SIZE_BYTES))).toBe(true);
    expect(same(again.records(SIZE_BYTES), data.records(SIZE_BYTES))).toBe(true);
    expect(same(again.lines(SIZE_BYTES), data.words(SIZE_BYTES))).toBe(false);
  });

  test("words: 4.7 letters on average, single spaces, lines of about 80 bytes, Zipf's law", () => {
    const lines = linesOf(data.words(SIZE_BYTES));
    const words = lines.join(" ").split(" ");
    expect(words.every((word) => /^[a-z]+$/.test(word))).toBe(true);
    expect(words.join("").length / words.length).toBeCloseTo(4.7, 1);
    expect(SIZE_BYTES / lines.length).toBeGreaterThan(76);
    expect(SIZE_BYTES / lines.length).toBeLessThan(84);
    const shareOf = (rank: number) => {
      const word = data.vocabulary.words[rank - 1];
      return words.filter((one) => one === word).length / words.length;
    };
    expect(shareOf(1) / shareOf(10)).toBeCloseTo(10, -0.5);
    expect(new Set(data.vocabulary.words).size).toBe(VOCABULARY_WORDS);
  });

  test("lines: from 40 to 120 bytes", () => {
    const lengths = linesOf(data.lines(SIZE_BYTES)).map((line) => line.length + 1);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(40);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(130);
  });

  test("records: 100 bytes, printable, in an order that whole lines repeat among equal keys", () => {
    const content = readFileSync(data.records(SIZE_BYTES), "latin1");
    expect(content).toMatch(/^(?:[!-~]{10} \d{12} [A-Z]{75}\n)+$/);
    expect(content.length).toBe(SIZE_BYTES);
  });

  test("many files: in the order of their names, of the size that was asked for together", () => {
    const folder = data.manyFiles(SIZE_BYTES);
    expect(readdirSync(folder).sort()).toEqual([
      "doc-0000.txt",
      "doc-0001.txt",
      "doc-0002.txt",
      "doc-0003.txt",
    ]);
  });

  test("distinct keys: no key comes twice", () => {
    const keys = linesOf(data.distinctKeys(10_000)).map((line) => line.split(" ")[0]);
    expect(new Set(keys).size).toBe(10_000);
  });
});
