import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inputFile } from "../../../test/support/input-bytes.ts";
import type { Compression, InputFile } from "./input.ts";
import { planSplits } from "./plan-splits.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** Files of these sizes; a negative one is compressed. */
function filesOf(...sizes: number[]): InputFile[] {
  return sizes.map((size, index) => {
    const compression: Compression = size < 0 ? "gzip" : "none";
    return inputFile(Math.abs(size), { index, compression });
  });
}

/** The plan as text: `0[0,10) 1[0,5)` for each split. */
function planOf(
  files: InputFile[],
  splitBytes: number | undefined,
  splittable = true,
  slots = 2,
): string[] {
  return planSplits(files, { splittable, splitBytes, slots }).map(({ segments }) =>
    segments.map(({ file, start, end }) => `${file.index}[${start},${end})`).join(" "),
  );
}

describe("planSplits", () => {
  test("cuts a large file into pieces", () => {
    expect(planOf(filesOf(25), 10)).toEqual(["0[0,10)", "0[10,20)", "0[20,25)"]);
    expect(planOf(filesOf(20), 10)).toEqual(["0[0,10)", "0[10,20)"]);
  });

  test("leaves no tail of a tenth of a split or less", () => {
    expect(planOf(filesOf(21), 10)).toEqual(["0[0,10)", "0[10,21)"]);
    expect(planOf(filesOf(11), 10)).toEqual(["0[0,11)"]);
    expect(planOf(filesOf(220), 100)).toEqual(["0[0,100)", "0[100,200)", "0[200,220)"]);
  });

  test("packs small files, in order, and does not cut them", () => {
    expect(planOf(filesOf(4, 4, 4, 4, 10, 1), 10)).toEqual([
      "0[0,4) 1[0,4)",
      "2[0,4) 3[0,4)",
      "4[0,10)",
      "5[0,1)",
    ]);
  });

  test("packs small files behind the tail of a large one", () => {
    expect(planOf(filesOf(2, 14, 3, 4), 10)).toEqual([
      "0[0,2)",
      "1[0,10)",
      "1[10,14) 2[0,3)",
      "3[0,4)",
    ]);
  });

  test("takes a compressed file whole, however large", () => {
    expect(planOf(filesOf(-50, -3, 2, 5), 10)).toEqual(["0[0,50)", "1[0,3) 2[0,2) 3[0,5)"]);
  });

  test("takes every file whole for a format that cannot begin within one", () => {
    expect(planOf(filesOf(50, 3, 0, 4), 10, false)).toEqual(["0[0,50)", "1[0,3) 2[0,0) 3[0,4)"]);
  });

  test("leaves an empty file out unless its reader may have something to say of it", () => {
    expect(planOf(filesOf(0, 3, 0), 10)).toEqual(["1[0,3)"]);
    expect(planOf(filesOf(0, 0), 10)).toEqual([]);
    expect(planOf(filesOf(0), 10, false)).toEqual(["0[0,0)"]);
    const empty = inputFile(0, { compression: "gzip" });
    expect(planOf([empty], 10)).toEqual(["0[0,0)"]);
  });

  test("without a size, makes splits of 64 MiB, or four for each slot of at least 1 MiB", () => {
    const sizes = (bytes: number, slots: number) => {
      const splits = planSplits(filesOf(bytes), { splittable: true, splitBytes: undefined, slots });
      return [splits.length, Math.max(...splits.map(({ sizeBytes }) => sizeBytes))];
    };
    expect(sizes(10 * GIB, 2)).toEqual([160, 64 * MIB]);
    expect(sizes(256 * MIB, 2)).toEqual([8, 32 * MIB]);
    expect(sizes(256 * MIB, 16)).toEqual([64, 4 * MIB]);
    expect(sizes(5 * MIB, 16)).toEqual([5, MIB]);
    expect(sizes(100, 16)).toEqual([1, 100]);
  });

  test("without a size, gives slots that take turns as much each", () => {
    const options = { splittable: true, splitBytes: undefined, splitsPerSlot: 2 };
    const sizes = (bytes: number, slots: number) =>
      planSplits(filesOf(bytes), { ...options, slots }).map(({ sizeBytes }) => sizeBytes);
    expect(sizes(500_000_000, 2)).toEqual(new Array(8).fill(62_500_000));
    expect(sizes(500_000_000, 3)).toHaveLength(9);
    expect(sizes(130 * MIB, 1)).toHaveLength(3);
    expect(sizes(0, 2)).toEqual([]);
  });

  test("as many for each slot as it is told", () => {
    const options = { splittable: true, splitBytes: undefined, slots: 16, splitsPerSlot: 2 };
    expect(planSplits(filesOf(256 * MIB), options)).toHaveLength(32);
    expect(planSplits(filesOf(10 * GIB), options)).toHaveLength(160);
  });

  test("an explicit size is kept, whatever the slots", () => {
    const splits = planSplits(filesOf(64 * MIB), {
      splittable: true,
      splitBytes: 32 * MIB,
      slots: 99,
    });
    expect(splits).toHaveLength(2);
  });

  test("a split of tiny files has a bounded number of them", () => {
    const files = filesOf(...new Array<number>(20_000).fill(1));
    const splits = planSplits(files, { splittable: false, splitBytes: MIB, slots: 1 });
    for (const { segments } of splits) expect(segments.length).toBeLessThanOrEqual(1025);
    expect(splits.length).toBeLessThan(25);
  });

  test("refuses more than a million splits, and makes larger ones if no size was asked for", () => {
    const files = filesOf(2 * GIB);
    expect(() => planOf(files, KIB)).toThrow(
      "Cannot cut the input into more than 1,000,000 splits of 1 KB. Raise the split size",
    );
    expect(planOf(filesOf(200_000 * GIB), undefined).length).toBeLessThanOrEqual(1_000_000);
  });

  test("always: the segments are the whole input in order, in splits of a bounded size", () => {
    const size = fc.oneof(fc.integer({ min: -30, max: 300 }), fc.constant(0));
    const inputs = fc.record({
      sizes: fc.array(size, { maxLength: 30 }),
      splitBytes: fc.integer({ min: 1, max: 100 }),
      splittable: fc.boolean(),
    });
    fc.assert(
      fc.property(inputs, ({ sizes, splitBytes, splittable }) => {
        const files = filesOf(...sizes);
        const splits = planSplits(files, { splittable, splitBytes, slots: 2 });
        const expected: string[] = [];
        for (const { index, sizeBytes, compression } of files) {
          for (let byte = 0; byte < sizeBytes; byte++) expected.push(`${index}:${byte}`);
          if (sizeBytes === 0 && (!splittable || compression !== "none"))
            expected.push(`${index}:-`);
        }
        const covered: string[] = [];
        for (const [index, split] of splits.entries()) {
          expect(split.index).toBe(index);
          expect(split.segments.length).toBeGreaterThan(0);
          let bytes = 0;
          for (const { file, start, end } of split.segments) {
            bytes += end - start;
            for (let byte = start; byte < end; byte++) covered.push(`${file.index}:${byte}`);
            if (start === end) covered.push(`${file.index}:-`);
            const isWhole = start === 0 && end === file.sizeBytes;
            expect(isWhole || (splittable && file.compression === "none")).toBe(true);
          }
          expect(split.sizeBytes).toBe(bytes);
          if (split.segments.length > 1) expect(bytes).toBeLessThanOrEqual(splitBytes);
          else if (splittable && split.segments[0]!.file.compression === "none") {
            expect(bytes).toBeLessThanOrEqual(splitBytes * 1.1);
          }
        }
        expect(covered).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
