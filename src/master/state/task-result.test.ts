import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TASK_COUNTERS, type TaskCounter } from "../../job/counters.ts";
import { columnsOf } from "../../rpc/wire/region.ts";
import type { ReportedOutput, ReportedResult } from "../../rpc/wire/result.ts";
import {
  keepResult,
  packResult,
  regionAt,
  regionLengths,
  resultBytes,
  unpackResult,
} from "./task-result.ts";

const WHOLE = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const REGION = fc.record({ lengthBytes: WHOLE, records: WHOLE, blockBytesMax: WHOLE });
const COUNTERS = fc.record({
  task: fc
    .array(fc.maxSafeNat(), { minLength: TASK_COUNTERS.length, maxLength: TASK_COUNTERS.length })
    .map((values) => Object.fromEntries(TASK_COUNTERS.map((name, i) => [name, values[i]!]))),
  user: fc.dictionary(
    fc.string().filter((name) => name !== "__proto__"),
    fc.maxSafeNat(),
    {
      noNullPrototype: true,
    },
  ),
});

function answer(facts: {
  counters: { task: Record<string, number>; user: Record<string, number> };
  spills: number;
  skipped: number;
  output: ReportedOutput;
}): ReportedResult {
  const { counters, ...rest } = facts;
  const task = counters.task as Record<TaskCounter, number>;
  const nothing = { bad: [], lastSkipped: undefined, log: "", leftRunning: [] };
  return { counters: { task, user: counters.user }, ...rest, ...nothing };
}

describe("a packed result", () => {
  it("holds what an attempt has counted, and each region of a map's output", () => {
    const facts = fc.record({ counters: COUNTERS, spills: fc.nat(), skipped: fc.nat() });
    fc.assert(
      fc.property(facts, fc.array(REGION, { maxLength: 40 }), (counted, regions) => {
        const output = { kind: "map", regions: columnsOf(regions) } as const;
        const packed = keepResult(packResult(answer({ ...counted, output })));
        const kept = { kind: "map", partitions: regions.length };
        expect(unpackResult(packed)).toEqual({ ...counted, output: kept });
        expect(regions.map((_, i) => regionAt(packed, i))).toEqual(regions);
        expect([...regionLengths(packed)]).toEqual(regions.map((region) => region.lengthBytes));
      }),
      { numRuns: 100 },
    );
  });

  it("is the same after it was bytes again", () => {
    fc.assert(
      fc.property(fc.array(REGION, { maxLength: 5 }), (regions) => {
        const counters = { task: {}, user: { wörter: 3 } };
        const output = { kind: "map", regions: columnsOf(regions) } as const;
        const packed = keepResult(packResult(answer({ counters, spills: 0, skipped: 0, output })));
        expect(keepResult(resultBytes(packed))).toBe(packed);
      }),
      { numRuns: 50 },
    );
  });

  it("of a thousand small regions takes few bytes for each", () => {
    const region = { lengthBytes: 40_000, records: 900, blockBytesMax: 16_000 };
    const regions = columnsOf(new Array(1000).fill(region));
    const counters = { task: {}, user: {} };
    const output = { kind: "map", regions } as const;
    const packed = packResult(answer({ counters, spills: 1, skipped: 0, output }));
    expect(packed.length).toBeLessThan(7 * 1000);
  });
});
