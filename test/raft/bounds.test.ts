/**
 * Every queue, window and message has a bound (src/raft/limits.ts).
 */

import { describe, expect, it } from "vitest";
import { ENTRY_OVERHEAD_BYTES, type RaftLimits } from "../../src/raft/limits.ts";
import { LoneMember, only } from "./support/lone-member.ts";

function leaderWith(limits: Partial<RaftLimits>): LoneMember {
  const lone = new LoneMember({ settings: { limits } });
  lone.elect(2);
  for (const from of [2, 3]) lone.hear("append-accepted", { from, matchIndex: 1 });
  return lone;
}

/** The bytes of an entry whose data has this length. */
const entryOf = (dataBytes: number): number => dataBytes + ENTRY_OVERHEAD_BYTES;

describe("a leader", () => {
  it("sends as many entries in one append as fit, and one in any case", () => {
    const lone = leaderWith({ appendBytesMax: 2 * entryOf(1) });
    const said = only(
      lone.propose("1", "2", "3", "a long one that fits no append with another "),
      "append",
    );
    const counts = said.filter(({ to }) => to === 2).map(({ entries }) => entries.length);
    expect(counts).toEqual([2, 1, 1]);
  });

  it("has no more appends under way to a member than its window holds", () => {
    const lone = leaderWith({ appendBytesMax: 1, inFlightAppendsMax: 3 });
    const said = lone.propose("1", "2", "3", "4", "5");
    expect(only(said, "append").filter(({ to }) => to === 2)).toHaveLength(3);
    expect(lone.status.peers[0]).toMatchObject({ inFlightAppends: 3 });
    const more = lone.hear("append-accepted", { from: 2, matchIndex: 3 });
    expect(
      only(more, "append").filter(({ to, entries }) => to === 2 && entries.length > 0),
    ).toHaveLength(2);
  });

  it("has no more bytes under way to a member than its window holds", () => {
    const lone = leaderWith({ appendBytesMax: 1, inFlightBytesMax: 2 * entryOf(1) });
    const said = lone.propose("1", "2", "3", "4", "5");
    expect(only(said, "append").filter(({ to }) => to === 2)).toHaveLength(2);
  });

  it("refuses proposals past the bytes that are not committed, but for one when there are none", () => {
    const lone = leaderWith({ uncommittedBytesMax: 2 * entryOf(1) });
    const { raft } = lone.member;
    const propose = (bytes: number): unknown => raft.propose(new Uint8Array(bytes));
    expect(propose(1)).toMatchObject({ accepted: true });
    expect(propose(1)).toMatchObject({ accepted: true });
    expect(propose(0)).toMatchObject({ accepted: false, reason: "overloaded", leader: 1 });
    lone.work();
    lone.hear("append-accepted", { from: 2, matchIndex: 3 });
    expect(propose(1000)).toMatchObject({ accepted: true });
    expect(propose(0)).toMatchObject({ reason: "overloaded" });
  });

  it("counts what its predecessors left uncommitted", () => {
    const lone = new LoneMember({
      log: [1, 1, 1],
      settings: { limits: { uncommittedBytesMax: 100 } },
    });
    lone.elect(2);
    expect(lone.member.raft.propose(new Uint8Array(0))).toMatchObject({ reason: "overloaded" });
  });

  it("refuses a proposal that is too large for any leader", () => {
    const lone = leaderWith({ proposalBytesMax: 10 });
    expect(lone.member.raft.propose(new Uint8Array(11))).toMatchObject({ reason: "too-large" });
    expect(lone.member.raft.propose(new Uint8Array(10))).toMatchObject({ accepted: true });
  });

  it("takes no more members than the bound", () => {
    const lone = leaderWith({ membersMax: 3 });
    const member = lone.status.peers[0]!.id;
    expect(
      lone.member.raft.changeMembership({
        kind: "add-learner",
        member: (member + 7) as typeof member,
      }),
    ).toMatchObject({ reason: "too-many-members" });
  });
});

describe("a Ready", () => {
  it("has no more committed entries than the bound, and the next has the rest", () => {
    const lone = leaderWith({ committedBytesMax: 2 * entryOf(1) });
    lone.propose("1", "2", "3", "4", "5");
    const before = lone.readies.length;
    lone.hear("append-accepted", { from: 2, matchIndex: 6 });
    const portions = lone.readies.slice(before).map(({ committed }) => committed.length);
    expect(portions).toEqual([2, 2, 1]);
  });
});

describe("messages that nobody takes", () => {
  it("replace those that they supersede, so that a stalled disk gathers no heartbeats", () => {
    const lone = leaderWith({});
    lone.propose("1");
    lone.member.raft.propose(new Uint8Array(1));
    lone.member.take();
    for (let i = 0; i < 9; i++) lone.member.raft.tick();
    const waiting = lone.member.raft.takeMessages();
    expect(waiting.filter(({ type }) => type === "heartbeat")).toHaveLength(2);
  });

  it("are dropped past the bound, the oldest first", () => {
    const lone = new LoneMember({ settings: { limits: { outboxMessagesMax: 3 } } });
    const { raft } = lone.member;
    raft.step({ ...heartbeatFrom(lone, 2) });
    for (let i = 0; i < 5; i++) raft.read();
    const waiting = raft.takeMessages();
    expect(waiting).toHaveLength(3);
  });
});

function heartbeatFrom(
  lone: LoneMember,
  from: number,
): Parameters<typeof lone.member.raft.step>[0] {
  return {
    type: "heartbeat",
    from: from as typeof lone.status.id,
    to: lone.status.id,
    term: 1 as typeof lone.status.term,
    commitIndex: lone.status.commitIndex,
    readRound: 0,
    recovery: undefined,
  };
}
