import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyKey } from "../../test/support/shuffle-model.ts";
import { rangePartitionOf } from "./range-partition.ts";

describe("partitioning by range", () => {
  it("counts the boundaries at or below the key", () => {
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 30 }), anyKey, (unsorted, key) => {
        const boundaries = [...unsorted].sort(Buffer.compare);
        const below = boundaries.filter((boundary) => Buffer.compare(boundary, key) <= 0);
        const padded = Buffer.concat([Buffer.from("<"), key, Buffer.from(">")]);
        expect(rangePartitionOf(boundaries)(padded, 1, 1 + key.length)).toBe(below.length);
      }),
      { numRuns: 500 },
    );
  });
});
