import { describe, expect, test } from "vitest";
import { logIndex, memberId, term } from "../base/ids.ts";
import type { LogEntry } from "../raft/log-entry.ts";
import type { Standing } from "../raft/ready.ts";
import { Leadership } from "./leadership.ts";

const SELF = memberId(1);

function standing(role: Standing["role"], itsTerm: number, leader?: number): Standing {
  const known = leader === undefined ? undefined : memberId(leader);
  return { role, term: term(itsTerm), leader: known, isRemoved: false };
}

function entryOf(itsTerm: number): LogEntry {
  return { index: logIndex(9), term: term(itsTerm), kind: "no-op", data: new Uint8Array(0) };
}

/** A leadership, and what it has told so far. */
function observed() {
  const told: string[] = [];
  const leadership = new Leadership({
    onLeading: (itsTerm) => told.push(`leading ${itsTerm}`),
    onFollowing: (leader, itsTerm) => told.push(`following ${leader ?? "nobody"} ${itsTerm}`),
    onRemoved: () => told.push("removed"),
    onFatal: () => {},
  });
  return { leadership, told };
}

describe("Leadership", () => {
  test("tells that a member leads once, when the first entry of its term is applied", () => {
    const { leadership, told } = observed();
    leadership.heed(standing("leader", 3, SELF));
    leadership.applied(entryOf(1));
    leadership.applied(entryOf(2));
    expect([told, leadership.actsIn]).toEqual([[], undefined]);
    leadership.applied(entryOf(3));
    leadership.applied(entryOf(3));
    expect([told, leadership.actsIn]).toEqual([["leading 3"], 3]);
  });

  test("does not take an entry of a term for a lead that is another's", () => {
    const { leadership, told } = observed();
    leadership.heed(standing("follower", 3, 2));
    leadership.applied(entryOf(3));
    expect(told).toEqual(["following 2 3"]);
  });

  test("tells of a lead that was lost and won again between two looks", () => {
    const { leadership, told } = observed();
    leadership.heed(standing("leader", 3, SELF));
    leadership.applied(entryOf(3));
    expect(leadership.heed(standing("leader", 5, SELF))).toBe(true);
    expect(leadership.actsIn).toBeUndefined();
    leadership.applied(entryOf(5));
    expect(told).toEqual(["leading 3", "following nobody 5", "leading 5"]);
  });

  test("tells of each leader that it hears of, and of an election only once", () => {
    const { leadership, told } = observed();
    leadership.heed(standing("follower", 0));
    leadership.heed(standing("pre-candidate", 0));
    leadership.heed(standing("candidate", 1));
    leadership.heed(standing("follower", 1, 2));
    expect(told).toEqual(["following nobody 0", "following nobody 1", "following 2 1"]);
  });

  test("tells once that the group has removed the member", () => {
    const { leadership, told } = observed();
    leadership.heed({ ...standing("follower", 1, 2), isRemoved: true });
    leadership.heed({ ...standing("follower", 2, 2), isRemoved: true });
    expect(told.filter((what) => what === "removed")).toHaveLength(1);
  });
});
