import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IndexSet } from "./index-set.ts";

/** Sizes at which levels begin, and some in between. */
const capacity = fc.oneof(
  fc.constantFrom(0, 1, 31, 32, 33, 1023, 1024, 1025, 32_768, 32_769, 100_000),
  fc.nat(5000),
);

describe("an IndexSet", () => {
  it("holds what a set would, in increasing order", () => {
    const change = fc.record({
      add: fc.boolean(),
      place: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(capacity, fc.boolean(), fc.array(change), (count, isFull, changes) => {
        const set = isFull ? IndexSet.full(count) : new IndexSet(count);
        const model = new Set(isFull ? Array(count).keys() : []);
        for (const { add, place } of changes) {
          const index = Math.min(count - 1, Math.floor(place * count));
          if (index < 0) continue;
          if (add) set.add(index);
          else set.delete(index);
          if (add) model.add(index);
          else model.delete(index);
          expect(set.has(index)).toBe(add);
          const following = [...model].filter((other) => other > index).sort((a, b) => a - b);
          if (count <= 5000) expect(set.next(index + 1)).toBe(following[0] ?? -1);
        }
        expect(set.size).toBe(model.size);
        expect([...set]).toEqual([...model].sort((a, b) => a - b));
      }),
      { numRuns: 100 },
    );
  });

  it("equals another one with the same members, however they came there", () => {
    const one = IndexSet.full(3000);
    for (let index = 0; index < 3000; index++) if (index !== 2999) one.delete(index);
    const other = new IndexSet(3000);
    other.add(2999);
    expect(one).toEqual(other);
    one.clear();
    expect(one).toEqual(new IndexSet(3000));
  });
});
