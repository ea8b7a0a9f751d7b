/**
 * Members that come back without their log (src/raft/recovery.ts).
 */

import { describe, expect, it } from "vitest";
import { memberId } from "../../src/base/ids.ts";
import { membershipOf } from "../../src/raft/membership.ts";
import { Cluster } from "./support/cluster.ts";
import { entries, LoneMember, membershipEntry, only } from "./support/lone-member.ts";

/** A member that lost its log. */
function forgetful(): LoneMember {
  const lone = new LoneMember({ term: 3, log: [1, 3], vote: 2 });
  lone.member.crash();
  lone.member.disk.lose();
  lone.member.start();
  lone.work();
  return lone;
}

/** The number of its recovery, from any answer of its. */
function recoveryOf(lone: LoneMember): number {
  const [answer] = only(lone.hear("heartbeat", { from: 2, term: 3 }), "heartbeat-response");
  return answer!.recovering!;
}

describe("a member that recovers", () => {
  it("grants no vote, stands for no election, and obeys no order to", () => {
    const lone = forgetful();
    const asked = { from: 2, term: 9, lastIndex: 9, lastTerm: 9 };
    expect(lone.hear("vote-request", asked)).toMatchObject([{ granted: false }]);
    expect(lone.hear("pre-vote-request", asked)).toMatchObject([{ granted: false }]);
    lone.hear("append", { from: 2, entries: [membershipEntry(9, 1, [1, 2, 3])] });
    expect(lone.hear("timeout-now", { from: 2 })).toEqual([]);
    expect(only(lone.tick(50), "pre-vote-request")).toEqual([]);
    lone.member.raft.campaign();
    expect(lone.status).toMatchObject({ role: "follower", isRecovering: true });
  });

  it("marks every answer", () => {
    const lone = forgetful();
    const id = recoveryOf(lone);
    const append = lone.hear("append", { from: 2, entries: entries(1, 3) });
    const rejected = lone.hear("append", { from: 2, prevIndex: 8, prevTerm: 3 });
    expect([...append, ...rejected]).toMatchObject([{ recovering: id }, { recovering: id }]);
  });

  it("is done when the barrier of its own recovery is committed in its log, and not before", () => {
    const lone = forgetful();
    const id = recoveryOf(lone);
    lone.hear("append", { from: 2, entries: entries(1, 3, 3, 3), commitIndex: 2 });
    const barrier = lone.status.lastIndex;
    lone.hear("heartbeat", { from: 2, commitIndex: 3, recovery: { id: id + 1, index: barrier } });
    expect(lone.status.isRecovering).toBe(true);
    lone.hear("heartbeat", {
      from: 2,
      commitIndex: 3,
      recovery: { id, index: (barrier + 1) as typeof barrier },
    });
    expect(lone.status.isRecovering).toBe(true);
    const said = lone.hear("heartbeat", {
      from: 2,
      commitIndex: 3,
      recovery: { id, index: barrier },
    });
    expect(said).toMatchObject([{ recovering: undefined, recoveryId: id }]);
    expect(lone.member.disk.isMarkedLost).toBe(false);
  });

  it("does not vote again in the term in which it recovers: it may have voted before", () => {
    const lone = forgetful();
    const id = recoveryOf(lone);
    lone.hear("append", { from: 2, entries: entries(1, 3), commitIndex: 1 });
    const recovery = { id, index: lone.status.lastIndex };
    lone.hear("heartbeat", { from: 2, commitIndex: 1, recovery });
    expect(lone.status).toMatchObject({ isRecovering: false, term: 3, votedFor: 2 });
    expect(
      lone.hear("vote-request", { from: 3, term: 3, lastIndex: 5, lastTerm: 3 }),
    ).toMatchObject([{ granted: false }]);
  });

  it("recovers from the beginning when it crashes before it was told that it is done", () => {
    const lone = forgetful();
    const first = recoveryOf(lone);
    lone.hear("append", { from: 2, entries: entries(1, 3), commitIndex: 1 });
    lone.member.crash();
    lone.member.start();
    lone.work();
    expect(lone.status).toMatchObject({ isRecovering: true, lastIndex: 1 });
    expect(recoveryOf(lone)).not.toBe(first);
  });
});

describe("a leader with a member that recovers", () => {
  function leader(): LoneMember {
    const lone = new LoneMember({ log: [1] });
    lone.elect(2);
    for (const from of [2, 3]) lone.hear("append-accepted", { from, matchIndex: 2 });
    return lone;
  }

  it("creates a barrier, tells of it, and sends everything again", () => {
    const lone = leader();
    const said = lone.hear("heartbeat-response", { from: 3, recovering: 77 });
    expect(lone.status).toMatchObject({ lastIndex: 3 });
    expect(lone.status.peers[1]).toMatchObject({ matchIndex: 0, isRecovering: true });
    expect(only(said, "append").filter(({ to }) => to === 3)).toHaveLength(1);
    const [, beat] = only(lone.tick(), "heartbeat");
    expect(beat).toMatchObject({ to: 3, commitIndex: 0, recovery: { id: 77, index: 3 } });
  });

  it("counts it for no commitment", () => {
    const lone = leader();
    lone.hear("heartbeat-response", { from: 3, recovering: 77 });
    lone.hear("append-accepted", { from: 3, matchIndex: 3, recovering: 77 });
    expect(lone.status.commitIndex).toBe(2);
    lone.hear("append-accepted", { from: 2, matchIndex: 3 });
    expect(lone.status.commitIndex).toBe(3);
  });

  it("counts it for no read and for no check of the quorum", () => {
    const lone = leader();
    lone.hear("heartbeat-response", { from: 3, recovering: 77 });
    lone.member.raft.read();
    lone.work();
    for (let i = 0; i < 11; i++) {
      lone.hear("heartbeat-response", { from: 3, recovering: 77, readRound: 1 });
      lone.tick();
    }
    expect(lone.outcomes).toMatchObject([{ failed: "leader-changed" }]);
    expect(lone.status.role).toBe("follower");
  });

  it("does not believe answers from before the loss", () => {
    const lone = leader();
    lone.hear("heartbeat-response", { from: 3, recovering: 77 });
    lone.hear("append-accepted", { from: 3, matchIndex: 2 });
    lone.hear("append-accepted", { from: 3, matchIndex: 3 });
    lone.hear("heartbeat-response", { from: 3, matchIndex: 3 });
    expect(lone.status.peers[1]).toMatchObject({ matchIndex: 0, isRecovering: true });
  });

  it("counts it again when it answers a heartbeat that named the recovery, without the mark", () => {
    const lone = leader();
    lone.hear("heartbeat-response", { from: 3, recovering: 77 });
    lone.hear("heartbeat-response", { from: 3, matchIndex: 3, recoveryId: 76 });
    expect(lone.status.peers[1]).toMatchObject({ isRecovering: true });
    lone.hear("heartbeat-response", { from: 3, matchIndex: 3, recoveryId: 77 });
    expect(lone.status.peers[1]).toMatchObject({ isRecovering: false, matchIndex: 3 });
    expect(lone.status.commitIndex).toBe(3);
  });
});

describe("a group with a member that lost its log", () => {
  /**
   * What the rule is for. Members 1 and 3 commit an entry; member 3 loses it; member 1 is away. Were
   * member 3 to vote, it would elect member 2, which does not have the entry.
   */
  it.each([
    ["and knows of no group", membershipOf([])],
    ["and knows whom the group began with", membershipOf([1, 2, 3])],
  ])("%s elects nobody who lacks what was committed because of it", (_, known) => {
    const cluster = new Cluster({}, (_, life) => () => life / 100);
    for (const id of [1, 2, 3]) cluster.add(id, membershipOf([1, 2, 3])).start();
    cluster.member(1).raft.campaign();
    cluster.settle();
    cluster.network.partition([[1, 3], [2]]);
    cluster.member(1).raft.propose(new TextEncoder().encode("kept"));
    cluster.settle();
    expect(cluster.member(1).machine.commands).toEqual(["kept"]);
    cluster.member(1).crash();
    cluster.member(3).crash();
    cluster.member(3).disk.lose(known);
    cluster.member(3).start();
    cluster.network.heal();
    for (let i = 0; i < 100; i++) {
      for (const { raft } of cluster.up) raft.tick();
      cluster.settle();
    }
    expect(cluster.leader).toBeUndefined();
    cluster.member(1).start();
    for (let i = 0; i < 60; i++) {
      for (const { raft } of cluster.up) raft.tick();
      cluster.settle();
    }
    expect(cluster.member(3).raft.status().isRecovering).toBe(false);
    for (const id of [1, 2, 3]) expect(cluster.member(id).machine.commands).toEqual(["kept"]);
    expect(cluster.leader?.raft.propose(new Uint8Array(1)).accepted).toBe(true);
    expect(cluster.leader?.id).toBe(memberId(1));
  });
});
