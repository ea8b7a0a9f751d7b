import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editDistance, nearest } from "./suggest.ts";

describe("nearest", () => {
  const fields = ["params", "input", "intermediate", "map", "combine", "reduce", "output"];

  test.each([
    ["ouput", "output"],
    ["redcue", "reduce"],
    ["inptu", "input"],
    ["Map", "map"],
    ["mpa", "map"],
    ["combiner", "combine"],
    ["intermediates", "intermediate"],
  ])("%j is near %j", (name, expected) => {
    expect(nearest(name, fields)).toBe(expected);
  });

  test.each(["", "x", "partition", "filter", "o".repeat(1000)])("%j is near nothing", (name) => {
    expect(nearest(name, fields)).toBeUndefined();
  });

  test("the first of two that are equally near wins", () => {
    expect(nearest("cat", ["bat", "rat"])).toBe("bat");
  });
});

describe("editDistance", () => {
  test("a swap of neighbours counts once", () => {
    expect(editDistance("abcd", "abdc")).toBe(1);
  });

  test("it is symmetric, zero only for equals, and no more than the longer length", () => {
    const name = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(name, name, (a, b) => {
        const distance = editDistance(a, b);
        expect(editDistance(b, a)).toBe(distance);
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
      { numRuns: 200 },
    );
  });
});
