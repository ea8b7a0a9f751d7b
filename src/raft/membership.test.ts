import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memberId } from "../base/ids.ts";
import { MEMBER_ID_MAX } from "./limits.ts";
import {
  changedMembership,
  decodeMembership,
  encodeMembership,
  membershipOf,
} from "./membership.ts";

const memberships = fc
  .uniqueArray(fc.integer({ min: 1, max: MEMBER_ID_MAX }), { maxLength: 12 })
  .chain((ids) =>
    fc.nat(ids.length).map((count) => membershipOf(ids.slice(0, count), ids.slice(count))),
  );

describe("a membership", () => {
  it("is the same after it was encoded and decoded", () => {
    fc.assert(
      fc.property(memberships, (membership) => {
        expect(decodeMembership(encodeMembership(membership))).toEqual(membership);
      }),
    );
  });

  it("is not read from other bytes", () => {
    const bytes = encodeMembership(membershipOf([1, 2], [3]));
    expect(decodeMembership(new Uint8Array(0))).toBeUndefined();
    expect(decodeMembership(bytes.slice(0, -1))).toBeUndefined();
    expect(decodeMembership(new Uint8Array([...bytes, 0]))).toBeUndefined();
    expect(decodeMembership(bytes.with(0, 9))).toBeUndefined();
    expect(decodeMembership(encodeMembership(membershipOf([1, 1])))).toBeUndefined();
    expect(decodeMembership(encodeMembership(membershipOf([1], [1])))).toBeUndefined();
    expect(decodeMembership(encodeMembership(membershipOf([0])))).toBeUndefined();
  });

  it("is read from the middle of a buffer", () => {
    const bytes = encodeMembership(membershipOf([1, 2], [3]));
    const padded = new Uint8Array([7, ...bytes, 7]);
    expect(decodeMembership(padded.subarray(1, -1))).toEqual(membershipOf([1, 2], [3]));
  });
});

describe("a change of a membership", () => {
  const from = membershipOf([1, 2], [3]);

  it.each([
    ["add-learner", 4, membershipOf([1, 2], [3, 4])],
    ["promote", 3, membershipOf([1, 2, 3])],
    ["remove", 2, membershipOf([1], [3])],
    ["remove", 3, membershipOf([1, 2])],
    ["add-learner", 1, "already-member"],
    ["add-learner", 3, "already-member"],
    ["promote", 1, "already-voter"],
    ["promote", 9, "unknown-member"],
    ["remove", 9, "unknown-member"],
  ] as const)("to %s %i", (kind, member, result) => {
    expect(changedMembership(from, { kind, member: memberId(member) }, 5)).toEqual(result);
  });

  it("keeps to the bound, and keeps a voter", () => {
    const add = { kind: "add-learner", member: memberId(4) } as const;
    expect(changedMembership(from, add, 3)).toBe("too-many-members");
    const remove = { kind: "remove", member: memberId(1) } as const;
    expect(changedMembership(membershipOf([1], [3]), remove, 5)).toBe("last-voter");
  });
});
