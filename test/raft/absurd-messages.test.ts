/**
 * Whatever a socket brings: no message makes a member fail, and none makes it forget what it must
 * not. Only a message that contradicts what is committed breaks an invariant, and those are left out
 * here (see replication.test.ts).
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memberId } from "../../src/base/ids.ts";
import { MEMBER_ID_MAX, NUMBER_MAX, TERM_LEAP_MAX } from "../../src/raft/limits.ts";
import { encodeMembership, membershipOf } from "../../src/raft/membership.ts";
import type { Message } from "../../src/raft/message.ts";
import { isWellFormed } from "../../src/raft/well-formed.ts";
import { LoneMember, messageTo } from "./support/lone-member.ts";

const number = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 8 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0.5, NaN, Infinity, NUMBER_MAX, NUMBER_MAX + 1) },
  { weight: 1, arbitrary: fc.constantFrom(Number.MAX_SAFE_INTEGER, 2 ** 53, -(2 ** 53)) },
);

const TYPES: readonly Message["type"][] = [
  "pre-vote-request",
  "pre-vote-response",
  "vote-request",
  "vote-response",
  "append",
  "append-accepted",
  "append-rejected",
  "heartbeat",
  "heartbeat-response",
  "newer-term",
  "snapshot-chunk",
  "snapshot-progress",
  "timeout-now",
  "read-request",
  "read-response",
];

const NUMBERS = [
  "from",
  "term",
  "lastIndex",
  "lastTerm",
  "attempt",
  "prevIndex",
  "prevTerm",
  "commitIndex",
  "matchIndex",
  "rejectedIndex",
  "hintIndex",
  "hintTerm",
  "readRound",
  "requestId",
  "readIndex",
  "offset",
  "snapshotIndex",
  "checksum",
  "receivedBytes",
] as const;

const entry = fc.record({
  index: number,
  term: number,
  kind: fc.constantFrom("command", "membership", "no-op", "other"),
  data: fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.constant(encodeMembership(membershipOf([1, 2], [3]))),
  ),
});

const body = fc.record({
  ...(Object.fromEntries(NUMBERS.map((name) => [name, number])) as Record<string, typeof number>),
  granted: fc.boolean(),
  transfer: fc.boolean(),
  isGap: fc.boolean(),
  recovering: fc.option(number, { nil: undefined }),
  recoveryId: fc.option(number, { nil: undefined }),
  recovery: fc.option(fc.record({ id: number, index: number }), { nil: undefined }),
  entries: fc.array(entry, { maxLength: 3 }),
  data: fc.uint8Array({ maxLength: 8 }),
  snapshot: fc.record({
    meta: fc.record({
      index: number,
      term: number,
      membership: fc.constantFrom(membershipOf([1, 2, 3]), membershipOf([1, 1]), membershipOf([0])),
    }),
    sizeBytes: number,
    checksum: number,
  }),
});

const message = fc
  .tuple(fc.constantFrom(...TYPES), body)
  .map(([type, fields]) => ({ ...fields, to: 1, type }) as unknown as Message);

describe("absurd messages", () => {
  it("do not make a member of any role fail, or its term or commit index fall", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("follower", "candidate", "leader"),
        fc.array(message, { maxLength: 30 }),
        (role, messages) => {
          const lone = new LoneMember({ term: 4, log: [1, 2, 4] });
          if (role === "leader") lone.elect(2);
          if (role === "candidate") lone.member.raft.campaign();
          for (const each of messages) {
            // Two leaders in a term are a broken invariant, not an absurd message.
            if (isFromAnotherLeader(lone, each)) continue;
            const { term, commitIndex } = lone.status;
            lone.member.raft.step(each);
            lone.member.raft.tick();
            while (lone.member.raft.hasReady())
              lone.member.raft.ready() && lone.member.raft.advance();
            expect(lone.status.term).toBeGreaterThanOrEqual(term);
            expect(lone.status.commitIndex).toBeGreaterThanOrEqual(commitIndex);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  function isFromAnotherLeader(lone: LoneMember, { type, term }: Message): boolean {
    const { role, commitIndex } = lone.status;
    const isLeaders = ["append", "heartbeat", "snapshot-chunk"].includes(type);
    if (isLeaders && role === "leader" && term === lone.status.term) return true;
    // Nor may what is committed be contradicted.
    return type === "append" && commitIndex > 0;
  }

  it("are not well formed when a number is out of its bounds", () => {
    const at = memberId(1);
    const sound = messageTo(at, 1 as Message["term"], "append", { from: 2 });
    expect(isWellFormed(sound)).toBe(true);
    for (const fields of [
      { from: 0 },
      { from: MEMBER_ID_MAX + 1 },
      { term: 0 },
      { term: NUMBER_MAX + 1 },
      { prevIndex: 1, prevTerm: 0 },
      { prevIndex: 0, prevTerm: 1 },
      { prevIndex: 1, prevTerm: 2 },
      { commitIndex: 1.5 },
    ]) {
      expect(isWellFormed({ ...sound, ...fields } as Message)).toBe(false);
    }
    expect(isWellFormed({ ...sound, type: "from the future" } as unknown as Message)).toBe(false);
  });

  it("do not use up the terms: one that leaps too far ahead is dropped", () => {
    const lone = new LoneMember({ term: 4 });
    lone.hear("newer-term", { from: 2, term: 5 + TERM_LEAP_MAX });
    expect(lone.status.term).toBe(4);
    lone.hear("newer-term", { from: 2, term: 4 + TERM_LEAP_MAX });
    expect(lone.status.term).toBe(4 + TERM_LEAP_MAX);
  });

  it("are ignored when they are for another member, or from the member itself", () => {
    const lone = new LoneMember({ term: 4 });
    lone.hear("newer-term", { from: 1, term: 9 });
    lone.member.raft.step(messageTo(memberId(2), 9 as Message["term"], "newer-term", { from: 3 }));
    expect(lone.status.term).toBe(4);
  });
});
