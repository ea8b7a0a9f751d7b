/**
 * Changes of the members: chapter 4 of the dissertation, and its correction of 2015.
 */

import { describe, expect, it } from "vitest";
import { memberId } from "../../src/base/ids.ts";
import { type MembershipChange, membershipOf, NO_MEMBERS } from "../../src/raft/membership.ts";
import type { Proposal } from "../../src/raft/refusal.ts";
import { Cluster } from "./support/cluster.ts";
import { entries, LoneMember, membershipEntry, only } from "./support/lone-member.ts";

/** A leader of term 2 whose first entry, 2, is committed. */
function established(options: ConstructorParameters<typeof LoneMember>[0] = {}): LoneMember {
  const lone = new LoneMember({ log: [1], ...options });
  const { voters } = lone.status.membership;
  lone.elect(...voters.slice(1));
  for (const from of voters.slice(1)) lone.hear("append-accepted", { from, matchIndex: 2 });
  expect(lone.status.commitIndex).toBe(2);
  return lone;
}

function change(lone: LoneMember, kind: MembershipChange["kind"], member: number): Proposal {
  const result = lone.member.raft.changeMembership({ kind, member: memberId(member) });
  lone.work();
  return result;
}

describe("section 4.1, a membership", () => {
  it("is in effect at a leader when it is appended, committed or not", () => {
    const lone = established();
    expect(change(lone, "remove", 3)).toMatchObject({ accepted: true, index: 3 });
    expect(lone.status.membership.voters).toEqual([1, 2]);
    expect(lone.status.commitIndex).toBe(2);
    // Of two voters both are needed: member 3 does not count any more.
    lone.hear("append-accepted", { from: 3, matchIndex: 3 });
    expect(lone.status.commitIndex).toBe(2);
    lone.hear("append-accepted", { from: 2, matchIndex: 3 });
    expect(lone.status.commitIndex).toBe(3);
  });

  it("is in effect at a follower when it is appended, and undone when it is truncated", () => {
    const lone = new LoneMember({ term: 2 });
    lone.hear("append", { from: 2, entries: [membershipEntry(2, 1, [1, 2])] });
    expect(lone.status.membership.voters).toEqual([1, 2]);
    lone.hear("append", { from: 3, term: 3, entries: entries(1, 3) });
    expect(lone.status.membership.voters).toEqual([1, 2, 3]);
  });

  it("is what an election is counted by, from the last in the log", () => {
    const lone = new LoneMember({ voters: [1, 2], log: [1] });
    lone.hear("append", {
      from: 2,
      prevIndex: 1,
      prevTerm: 1,
      entries: [membershipEntry(1, 2, [1, 2, 3, 4])],
    });
    lone.tick(10);
    expect(lone.status.role).toBe("pre-candidate");
    lone.member.raft.campaign();
    lone.work();
    expect(only(lone.take(), "pre-vote-request").map(({ to }) => to)).toEqual([2, 3, 4]);
  });

  it("survives a restart and a compaction", () => {
    const lone = established();
    change(lone, "remove", 3);
    lone.hear("append-accepted", { from: 2, matchIndex: 3 });
    lone.member.compact();
    expect(lone.member.disk.base.membership.voters).toEqual([1, 2]);
    lone.member.crash();
    lone.member.start();
    expect(lone.status.membership.voters).toEqual([1, 2]);
  });

  it("of a snapshot is that of its index, whatever has been appended since", () => {
    const lone = established();
    change(lone, "remove", 3);
    expect(lone.member.raft.snapshotMetaAt(lone.status.appliedIndex)?.membership.voters).toEqual([
      1, 2, 3,
    ]);
  });
});

describe("section 4.1, one change at a time", () => {
  it("is not taken while another is not committed", () => {
    const lone = established({ voters: [1, 2, 3, 4] });
    change(lone, "remove", 4);
    expect(change(lone, "remove", 3)).toMatchObject({ reason: "change-pending" });
    lone.hear("append-accepted", { from: 2, matchIndex: 3 });
    expect(change(lone, "remove", 3)).toMatchObject({ accepted: true });
  });

  it("is not taken while a former leader's is not committed", () => {
    const lone = new LoneMember({ log: [1] });
    lone.hear("append", {
      from: 2,
      prevIndex: 1,
      prevTerm: 1,
      entries: [membershipEntry(1, 2, [1, 2, 3], [4])],
    });
    lone.tick(10);
    lone.elect(2);
    expect(change(lone, "add-learner", 5)).toMatchObject({ reason: "not-established" });
    lone.hear("append-accepted", { from: 2, matchIndex: 3 });
    expect(change(lone, "add-learner", 5)).toMatchObject({ accepted: true });
  });

  it("is not taken before the leader has committed an entry of its own term (2015)", () => {
    const lone = new LoneMember({ log: [1], commit: 1 });
    lone.elect(2);
    expect(change(lone, "add-learner", 4)).toMatchObject({ reason: "not-established" });
    lone.hear("append-accepted", { from: 2, matchIndex: 2 });
    expect(change(lone, "add-learner", 4)).toMatchObject({ accepted: true });
  });

  /**
   * The counterexample of 2015: four members; leader 1 of term 1 appends a change that only it has;
   * leader 2 of term 2 makes another change and commits it; leader 1 comes back. With the rule the
   * second leader first commits an entry of its own, so the first one cannot win any more.
   */
  it("does not let two disjoint majorities decide (2015)", () => {
    const cluster = new Cluster({}, (id) => () => id / 10);
    for (const id of [1, 2, 3, 4]) cluster.add(id, membershipOf([1, 2, 3, 4])).start();
    const [one, two] = [cluster.member(1), cluster.member(2)];
    one.raft.campaign();
    cluster.settle();
    cluster.network.partition([[1], [2, 3, 4]]);
    one.raft.changeMembership({ kind: "add-learner", member: memberId(5) });
    one.doReady();
    for (let i = 0; i < 10; i++) for (const id of [2, 3, 4]) cluster.member(id).raft.tick();
    two.raft.campaign();
    // Elected, but nothing of its own is committed: it may not remove member 1 yet.
    while (two.raft.status().role !== "leader") expect(cluster.round([2, 3, 4])).toBe(true);
    const early = two.raft.changeMembership({ kind: "remove", member: memberId(1) });
    expect(early).toMatchObject({ reason: "not-established" });
    cluster.settle([2, 3, 4]);
    expect(two.raft.changeMembership({ kind: "remove", member: memberId(1) }).accepted).toBe(true);
    cluster.settle([2, 3, 4]);
    // The old leader, with its own change, wins nobody: the others have an entry of term 2.
    cluster.network.heal();
    for (let i = 0; i < 30; i++) {
      one.raft.tick();
      cluster.settle();
    }
    expect(cluster.leader?.id).toBe(2);
    expect(two.raft.status().membership.voters).toEqual([2, 3, 4]);
  });
});

describe("section 4.2.1, a new member", () => {
  it("begins as a learner, and counts for nothing", () => {
    const lone = established();
    change(lone, "add-learner", 4);
    lone.hear("append-accepted", { from: 4, matchIndex: 3 });
    expect(lone.status).toMatchObject({ commitIndex: 2, membership: { learners: [4] } });
  });

  it("is promoted only when a round of catching up was short", () => {
    const lone = established();
    const keepAlive = (): void => {
      for (const from of [2, 3]) {
        lone.hear("heartbeat-response", { from, matchIndex: lone.status.lastIndex });
      }
    };
    change(lone, "add-learner", 4);
    keepAlive();
    expect(change(lone, "promote", 4)).toMatchObject({ reason: "not-caught-up" });
    // The first round takes longer than an election timeout.
    for (let i = 0; i < 11; i++) {
      lone.tick();
      keepAlive();
    }
    lone.propose("x");
    lone.hear("append-rejected", { from: 4, rejectedIndex: 2, hintIndex: 0 });
    lone.hear("append-accepted", { from: 4, matchIndex: 3 });
    expect(change(lone, "promote", 4)).toMatchObject({ reason: "not-caught-up" });
    // The second brings what came meanwhile, and is short.
    keepAlive();
    lone.hear("append-accepted", { from: 4, matchIndex: 4 });
    expect(change(lone, "promote", 4)).toMatchObject({ accepted: true });
    expect(lone.status.membership).toEqual(membershipOf([1, 2, 3, 4]));
  });

  it("learns all members from the log alone", () => {
    const cluster = new Cluster({}, () => () => 0);
    cluster.add(1, membershipOf([1])).start();
    cluster.settle();
    cluster.add(2, NO_MEMBERS).start();
    cluster.member(1).raft.changeMembership({ kind: "add-learner", member: memberId(2) });
    cluster.settle();
    cluster.member(1).raft.tick();
    cluster.settle();
    expect(cluster.member(2).raft.status().membership).toEqual(membershipOf([1], [2]));
  });

  it("with the id of one that was removed is not taken to have what that one had", () => {
    const lone = established();
    change(lone, "remove", 3);
    for (const from of [2, 3]) lone.hear("append-accepted", { from, matchIndex: 3 });
    change(lone, "add-learner", 3);
    expect(lone.status.peers.find(({ id }) => id === 3)).toMatchObject({ matchIndex: 0 });
  });
});

describe("section 4.2.2, a member that is removed", () => {
  it("hears of it for two election timeouts, and then no more", () => {
    const lone = established();
    change(lone, "remove", 3);
    lone.hear("append-accepted", { from: 2, matchIndex: 3 });
    for (let i = 0; i < 20; i++) {
      expect(lone.status.peers.map(({ id }) => id)).toEqual([2, 3]);
      lone.tick();
      lone.hear("heartbeat-response", { from: 2, matchIndex: 3 });
    }
    expect(lone.status.peers.map(({ id }) => id)).toEqual([2]);
  });

  it("knows it, and stands for no election, once it knows that it is committed", () => {
    const lone = new LoneMember({ term: 1 });
    lone.hear("append", { from: 2, entries: [membershipEntry(1, 1, [2, 3])] });
    expect(lone.last.standing?.isRemoved ?? false).toBe(false);
    expect(only(lone.tick(10), "pre-vote-request")).toHaveLength(2);
    lone.hear("heartbeat", { from: 2, commitIndex: 1 });
    lone.hear("append", { from: 2, prevIndex: 1, prevTerm: 1, commitIndex: 1 });
    expect(lone.last.standing).toMatchObject({ isRemoved: true });
    expect(lone.tick(40)).toEqual([]);
  });

  it("is not taken to be removed while it replays a log from before it joined", () => {
    const lone = new LoneMember({ id: 4, voters: [], term: 1 });
    lone.hear("append", {
      from: 2,
      entries: [membershipEntry(1, 1, [1, 2, 3])],
      commitIndex: 1,
    });
    expect(lone.readies.some(({ standing }) => standing?.isRemoved === true)).toBe(false);
  });

  it("as the leader does not count itself, and steps down when it is committed", () => {
    const lone = established();
    change(lone, "remove", 1);
    lone.hear("append-accepted", { from: 2, matchIndex: 3 });
    expect(lone.status).toMatchObject({ role: "leader", commitIndex: 2 });
    const said = lone.hear("append-accepted", { from: 3, matchIndex: 3 });
    expect(lone.status).toMatchObject({ role: "follower", commitIndex: 3 });
    expect(only(said, "heartbeat")).toMatchObject([
      { to: 2, commitIndex: 3 },
      { to: 3, commitIndex: 3 },
    ]);
    expect(only(said, "timeout-now")).toMatchObject([{ to: 2 }]);
  });
});

describe("a change that would leave no majority that answers", () => {
  it("is refused: it would be in effect at once", () => {
    const lone = established();
    for (let i = 0; i < 11; i++) {
      lone.tick();
      lone.hear("heartbeat-response", { from: 2, matchIndex: 2 });
    }
    expect(change(lone, "remove", 2)).toMatchObject({ reason: "no-majority" });
    expect(change(lone, "remove", 3)).toMatchObject({ accepted: true });
  });

  it("is refused when one of them is recovering", () => {
    const lone = established();
    lone.hear("heartbeat-response", { from: 3, recovering: 77 });
    lone.hear("append-accepted", { from: 2, matchIndex: 3 });
    expect(change(lone, "remove", 2)).toMatchObject({ reason: "no-majority" });
  });
});
