import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MemberId, memberId } from "../base/ids.ts";
import { isMajority, reachedByMajority, tally } from "./quorum.ts";

const voters = (count: number): readonly MemberId[] =>
  Array.from({ length: count }, (_, i) => memberId(i + 1));

describe("majorities", () => {
  it.each([
    [0, []],
    [1, [1]],
    [2, [2]],
    [3, [2, 3]],
    [4, [3, 4]],
    [5, [3, 4, 5]],
  ])("of %i voters are %j of them", (count, sizes) => {
    const found = voters(count).filter((size) => isMajority(voters(count), (id) => id <= size));
    expect(found).toEqual(sizes);
  });

  it("have reached the highest number that more than half have reached", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 7 }), (numbers) => {
        const all = voters(numbers.length);
        const reached = reachedByMajority(all, (id) => numbers[id - 1]!);
        expect(isMajority(all, (id) => numbers[id - 1]! >= reached)).toBe(true);
        expect(isMajority(all, (id) => numbers[id - 1]! > reached)).toBe(false);
      }),
    );
    expect(reachedByMajority([], () => 7)).toBe(0);
  });

  it("decide an election as soon as nothing can change it", () => {
    const votes = (...granted: readonly (boolean | undefined)[]): Map<MemberId, boolean> =>
      new Map(
        granted.flatMap((vote, i) =>
          vote === undefined ? [] : [[memberId(i + 1), vote] as const],
        ),
      );
    expect(tally(voters(3), votes(true))).toBe("open");
    expect(tally(voters(3), votes(true, true))).toBe("won");
    expect(tally(voters(3), votes(true, false))).toBe("open");
    expect(tally(voters(3), votes(false, undefined, false))).toBe("lost");
    expect(tally(voters(4), votes(true, true))).toBe("open");
    expect(tally(voters(4), votes(true, true, false, false))).toBe("lost");
    expect(tally(voters(2), votes(undefined, undefined, true, true))).toBe("open");
    expect(tally([], votes(true))).toBe("lost");
  });
});
