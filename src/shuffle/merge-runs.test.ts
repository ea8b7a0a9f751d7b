import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyRecords,
  type Encoded,
  encoded,
  readAll,
  shown,
  sorted,
  temporaryFolder,
} from "../../test/support/shuffle-model.ts";
import { MERGE_FAN_IN_MAX } from "../base/limits.ts";
import { fanInFor, nextMerge } from "./merge-plan.ts";
import { mergeRuns, type RunRegion } from "./merge-runs.ts";
import { RunWriter } from "./run-writer.ts";

const folder = temporaryFolder();
const options = { directory: folder, fileName: "reduce-0" };

function writeRun(records: readonly Encoded[], name: string): RunRegion {
  const writer = new RunWriter(join(folder, name));
  for (const { key, value } of records) writer.write(key, 0, key.length, value, 0, value.length);
  const region = writer.endRegion();
  return { path: writer.finish().path, ...region };
}

describe("merging runs", () => {
  it("gives the same in one pass and in many, and leaves no intermediate run", () => {
    fc.assert(
      fc.property(
        fc.array(anyRecords, { maxLength: 15 }),
        fc.constantFrom(1, 3000, 1 << 24),
        (lists, memoryBytes) => {
          const runs = lists.map(sorted);
          const regions = runs.map((run, i) => writeRun(run, `map-${i}`));
          const merged = mergeRuns(regions, { ...options, memoryBytes });
          expect(shown(readAll(merged))).toEqual(shown(sorted(runs.flat())));
          merged.close();
          expect(readdirSync(folder).filter((name) => name.startsWith("reduce-0"))).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("merges more runs than may be read at once", () => {
    const count = MERGE_FAN_IN_MAX + 10;
    const records = Array.from({ length: count }, (_, i) => encoded("key", String(i)));
    const regions = records.map((record, i) => writeRun([record], `many-${i}`));
    const merged = mergeRuns(regions, { ...options, memoryBytes: 1 << 26 });
    expect(merged.passes).toBe(1);
    expect(merged.spilledRecords).toBe(11);
    expect(shown(readAll(merged))).toEqual(shown(records));
    merged.close();
  });

  it("tells how far it has read", () => {
    const regions = [writeRun([encoded("a", "1")], "a"), writeRun([encoded("b", "2")], "b")];
    const merged = mergeRuns(regions, { ...options, memoryBytes: 1 << 24 });
    readAll(merged);
    expect(merged.bytesRead).toBe(regions[0]!.lengthBytes + regions[1]!.lengthBytes);
    merged.close();
  });

  it("removes its intermediate runs when it fails", () => {
    const regions = Array.from({ length: 5 }, (_, i) => writeRun([encoded("a", "1")], `f-${i}`));
    regions[4] = { ...regions[4]!, records: 2 };
    expect(() => mergeRuns(regions, { ...options, memoryBytes: 1 })).toThrow(/records more/);
    expect(readdirSync(folder).filter((name) => name.startsWith("reduce-0"))).toEqual([]);
  });
});

describe("the plan of a merge", () => {
  it("ends with as many runs as may be read at once, merging neighbours of the fewest bytes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 2, max: 64 }),
        (sizes, fanIn) => {
          const runs = [...sizes];
          let merges = 0;
          for (;;) {
            const step = nextMerge(runs, fanIn);
            if (step === undefined) break;
            const { from, count } = step;
            expect(count).toBeGreaterThanOrEqual(2);
            expect(count).toBeLessThanOrEqual(fanIn);
            const bytes = runs.slice(from, from + count).reduce((a, b) => a + b);
            for (let i = 0; i + count <= runs.length; i++) {
              const other = runs.slice(i, i + count).reduce((a, b) => a + b);
              expect(bytes).toBeLessThanOrEqual(other);
            }
            runs.splice(from, count, bytes);
            merges++;
          }
          expect(runs.length).toBe(merges === 0 ? sizes.length : fanIn);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("reads as many runs at once as an eighth of the memory holds blocks, at least two", () => {
    expect(fanInFor(16 << 20, 64 << 10)).toBe(32);
    expect(fanInFor(256 << 20, 64 << 10)).toBe(MERGE_FAN_IN_MAX);
    expect(fanInFor(16 << 20, 4 << 20)).toBe(2);
    expect(fanInFor(16 << 20, 0)).toBe(MERGE_FAN_IN_MAX);
  });
});
