/**
 * Elections: sections 5.2 and 5.4.1 of the Raft paper; 3.10, 4.2.3, 6.2 and 9.6 of the dissertation.
 */

import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/raft/seeded-random.ts";
import { LoneMember, only } from "./support/lone-member.ts";

/** A member that hears member 2 lead. */
function follower(options: ConstructorParameters<typeof LoneMember>[0] = {}): LoneMember {
  const lone = new LoneMember({ log: [1], ...options });
  lone.hear("heartbeat", { from: 2 });
  return lone;
}

describe("section 5.2, election timeouts", () => {
  const ticksToElection = (chance: number): number => {
    const lone = new LoneMember({ chance });
    for (let ticks = 1; ; ticks++) if (lone.tick().length > 0) return ticks;
  };

  it("lie between one and two least timeouts, at every place", () => {
    const random = seededRandom(1);
    const timeouts = Array.from({ length: 300 }, () => ticksToElection(random()));
    expect([...new Set(timeouts)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, i) => 10 + i),
    );
  });

  it("mostly let one member of five stand before the others", () => {
    const random = seededRandom(2);
    let conflicts = 0;
    for (let i = 0; i < 200; i++) {
      const timeouts = Array.from({ length: 5 }, () => 10 + Math.floor(random() * 10));
      const first = Math.min(...timeouts);
      if (timeouts.filter((timeout) => timeout === first).length > 1) conflicts++;
    }
    expect(conflicts).toBeLessThan(200 * 0.4);
  });
});

describe("section 5.4.1, the election restriction", () => {
  it.each([
    // own log, the candidate's last term and index, whether it gets the vote
    [[1], 1, 1, true],
    [[1], 1, 2, true],
    [[1, 1], 1, 1, false],
    [[1], 2, 1, true],
    [[1, 1], 2, 1, true],
    [[2], 1, 1, false],
    [[2], 1, 9, false],
    [[1, 2], 2, 2, true],
    [[], 0, 0, true],
  ])("log %j, candidate's last entry %i/%i: %s", (log, lastTerm, lastIndex, granted) => {
    const asked = { from: 2, lastTerm, lastIndex };
    const voter = new LoneMember({ term: 5, log });
    expect(voter.hear("vote-request", asked)).toMatchObject([{ granted }]);
    const asker = new LoneMember({ term: 5, log });
    expect(asker.hear("pre-vote-request", asked)).toMatchObject([{ granted }]);
  });
});

describe("section 9.6, the pre-vote", () => {
  it("changes no term and no vote of anybody, and can be granted to many", () => {
    const lone = new LoneMember({ term: 3, log: [1] });
    const asked = { lastTerm: 1, lastIndex: 1 };
    const said = [2, 3].flatMap((from) => lone.hear("pre-vote-request", { from, ...asked }));
    expect(said).toMatchObject([{ granted: true }, { granted: true }]);
    expect(lone.status.term).toBe(3);
    expect(lone.status.votedFor).toBeUndefined();
  });

  it("does not put off the voter's own election", () => {
    const lone = new LoneMember({ log: [1] });
    lone.tick(9);
    lone.hear("pre-vote-request", { from: 2, lastTerm: 1, lastIndex: 1 });
    expect(only(lone.tick(), "pre-vote-request")).toHaveLength(2);
  });

  it("is refused to a member of a past term, which learns the term", () => {
    const lone = new LoneMember({ term: 3 });
    expect(lone.hear("pre-vote-request", { from: 2, term: 2 })).toMatchObject([
      { type: "newer-term", term: 3 },
    ]);
  });

  it("counts only the answers to the last attempt, each member's once", () => {
    const lone = new LoneMember({ voters: [1, 2, 3, 4, 5], log: [1] });
    lone.member.raft.campaign();
    lone.work();
    const [first] = only(lone.take(), "pre-vote-request");
    lone.member.raft.campaign();
    lone.work();
    const [second] = only(lone.take(), "pre-vote-request");
    const grant = (from: number, attempt: number): void => {
      lone.hear("pre-vote-response", { from, attempt, granted: true });
    };
    grant(2, first!.attempt);
    grant(3, first!.attempt);
    grant(2, second!.attempt);
    grant(2, second!.attempt);
    expect(lone.status.role).toBe("pre-candidate");
    grant(3, second!.attempt);
    expect(lone.status).toMatchObject({ role: "candidate", term: 2 });
  });

  it("ends when a majority refuses, without a new term", () => {
    const lone = new LoneMember({ log: [1] });
    lone.member.raft.campaign();
    lone.work();
    const { attempt } = only(lone.take(), "pre-vote-request")[0]!;
    for (const from of [2, 3]) lone.hear("pre-vote-response", { from, attempt, granted: false });
    expect(lone.status).toMatchObject({ role: "follower", term: 1 });
  });
});

describe("section 4.2.3, members that hear a leader", () => {
  const upToDate = { lastTerm: 1, lastIndex: 1 };

  it("ignore requests for votes, their terms included, for the least election timeout", () => {
    const lone = follower({ chance: 0.9 });
    lone.tick(9);
    expect(lone.hear("vote-request", { from: 3, term: 9, ...upToDate })).toEqual([]);
    expect(lone.hear("pre-vote-request", { from: 3, ...upToDate })).toEqual([]);
    expect(lone.status).toMatchObject({ term: 1, leader: 2 });
    lone.tick();
    expect(lone.hear("pre-vote-request", { from: 3, ...upToDate })).toMatchObject([
      { granted: true },
    ]);
    expect(lone.hear("vote-request", { from: 3, term: 9, ...upToDate })).toMatchObject([
      { granted: true, term: 9 },
    ]);
  });

  it("ignore them at the leader itself", () => {
    const lone = new LoneMember({ log: [1] });
    lone.elect(2);
    expect(lone.hear("vote-request", { from: 3, term: 9, ...upToDate })).toEqual([]);
    expect(lone.hear("pre-vote-request", { from: 3, ...upToDate })).toEqual([]);
    expect(lone.status.role).toBe("leader");
  });

  it("obey a request that their leader asked for (3.10)", () => {
    const lone = follower();
    const said = lone.hear("vote-request", { from: 3, term: 2, transfer: true, ...upToDate });
    expect(said).toMatchObject([{ granted: true, term: 2 }]);
  });
});

describe("section 6.2, a leader without a majority", () => {
  it("steps down after the least election timeout", () => {
    const lone = new LoneMember({ log: [1] });
    lone.elect(2);
    lone.tick(10);
    expect(lone.status.role).toBe("leader");
    lone.tick();
    expect(lone.status).toMatchObject({ role: "follower", term: 2 });
    expect(lone.status.leader).toBeUndefined();
  });

  it("does not take learners, or those who are no members, for a majority", () => {
    const lone = new LoneMember({ log: [1], learners: [4, 5] });
    lone.elect(2);
    for (let i = 0; i < 11; i++) {
      lone.tick();
      for (const from of [4, 5, 9]) lone.hear("heartbeat-response", { from });
    }
    expect(lone.status.role).toBe("follower");
  });
});

describe("section 3.10, the transfer of leadership", () => {
  it("makes the member stand at once, without a pre-vote, and say that it was asked to", () => {
    const lone = follower();
    expect(lone.hear("timeout-now", { from: 2 })).toMatchObject([
      { type: "vote-request", to: 2, term: 2, transfer: true },
      { type: "vote-request", to: 3, term: 2, transfer: true },
    ]);
  });

  it.each([
    ["of a past term", { from: 2, term: 0 }],
    ["of a member that does not lead", { from: 3 }],
  ])("is not begun by an order %s", (_, order) => {
    const lone = follower({ term: 1 });
    lone.hear("timeout-now", order);
    expect(lone.status).toMatchObject({ role: "follower", term: 1 });
  });

  it("orders nothing before the member has the whole log", () => {
    const lone = new LoneMember({ log: [1] });
    lone.elect(2);
    lone.hear("append-accepted", { from: 3, matchIndex: 1 });
    lone.member.raft.transferLeadership(lone.status.peers[1]!.id);
    lone.work();
    expect(only(lone.take(), "timeout-now")).toEqual([]);
    expect(only(lone.hear("append-accepted", { from: 3, matchIndex: 2 }), "timeout-now")).toEqual([
      expect.objectContaining({ to: 3 }),
    ]);
    // Once, and again with each heartbeat, should it be lost.
    expect(only(lone.propose(), "timeout-now")).toHaveLength(0);
    expect(only(lone.tick(), "timeout-now")).toHaveLength(1);
  });
});

describe("learners", () => {
  it("do not stand for election, and know when they hear no leader", () => {
    const lone = new LoneMember({ id: 4, learners: [4], log: [1] });
    lone.hear("heartbeat", { from: 2 });
    expect(lone.status.leader).toBe(2);
    expect(lone.tick(10)).toEqual([]);
    expect(lone.status).toMatchObject({ role: "follower", term: 1 });
    expect(lone.status.leader).toBeUndefined();
    lone.hear("heartbeat", { from: 2 });
    expect(lone.hear("timeout-now", { from: 2 })).toEqual([]);
  });

  it("vote when they are asked: they may have been promoted without knowing it", () => {
    const lone = new LoneMember({ id: 4, learners: [4], log: [1] });
    const said = lone.hear("vote-request", { from: 2, lastTerm: 1, lastIndex: 1 });
    expect(said).toMatchObject([{ granted: true }]);
  });
});
