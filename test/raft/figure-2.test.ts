/**
 * Each claim of figure 2 of the Raft paper, by itself.
 */

import { describe, expect, it } from "vitest";
import { entries, LoneMember, only } from "./support/lone-member.ts";

describe("figure 2, state", () => {
  it("keeps term, vote and log through a crash", () => {
    const lone = new LoneMember({ term: 4, log: [1, 4] });
    lone.hear("vote-request", { from: 2, term: 5, lastIndex: 2, lastTerm: 4 });
    lone.member.crash();
    lone.member.start();
    expect(lone.status).toMatchObject({ term: 5, votedFor: 2, lastIndex: 2 });
  });

  it("has term, vote and entries written before what depends on them is sent", () => {
    const voter = new LoneMember({ term: 1 });
    voter.hear("vote-request", { from: 2, term: 2 });
    expect(voter.last.persist?.hardState).toMatchObject({ term: 2, votedFor: 2 });
    expect(voter.last.messages).toEqual([]);
    expect(voter.last.messagesAfterPersist).toMatchObject([
      { type: "vote-response", granted: true },
    ]);

    const follower = new LoneMember({ term: 1 });
    follower.hear("append", { from: 2, entries: entries(1, 1) });
    expect(follower.last.persist?.entries).toHaveLength(1);
    expect(follower.last.messages).toEqual([]);
    expect(follower.last.messagesAfterPersist).toMatchObject([{ type: "append-accepted" }]);
  });

  it("starts with term 0, no vote and nothing committed", () => {
    expect(new LoneMember().status).toMatchObject({ term: 0, commitIndex: 0, appliedIndex: 0 });
    expect(new LoneMember().status.votedFor).toBeUndefined();
  });

  it("never lets the commit index fall", () => {
    const lone = new LoneMember({ log: [1, 1, 1], commit: 2 });
    lone.hear("append", { from: 2, prevIndex: 3, prevTerm: 1, commitIndex: 1 });
    lone.hear("heartbeat", { from: 2, commitIndex: 1 });
    expect(lone.status).toMatchObject({ commitIndex: 2, appliedIndex: 2 });
  });

  it("has a new leader begin after its last entry, and know no match", () => {
    const lone = new LoneMember({ log: [1, 1, 2] });
    lone.elect(2);
    // The entry with which the leader begins its term is the fourth, and on its way.
    expect(lone.status.peers).toMatchObject([
      { id: 2, matchIndex: 0, nextIndex: 4 },
      { id: 3, matchIndex: 0, nextIndex: 4 },
    ]);
  });
});

describe("figure 2, AppendEntries, the receiver", () => {
  it("1. refuses a past term, and says which is the current one", () => {
    const lone = new LoneMember({ term: 3, log: [1] });
    const said = lone.hear("append", { from: 2, term: 2, entries: entries(1, 2) });
    expect(said).toMatchObject([{ type: "newer-term", to: 2, term: 3 }]);
    expect(lone.logTerms).toEqual([1]);
    expect(lone.status.leader).toBeUndefined();
  });

  it.each([
    ["there is no entry", [1, 1], 3, 1],
    ["the entry is of another term", [1, 2], 2, 1],
  ])("2. refuses when %s at prevLogIndex", (_, log, prevIndex, prevTerm) => {
    const lone = new LoneMember({ term: 2, log });
    const said = lone.hear("append", {
      from: 2,
      prevIndex: prevIndex,
      prevTerm: prevTerm,
      entries: entries(prevIndex + 1, 2),
    });
    expect(said).toMatchObject([{ type: "append-rejected", rejectedIndex: prevIndex }]);
    expect(lone.logTerms).toEqual(log);
  });

  it("3. drops an entry that conflicts, and all after it", () => {
    const lone = new LoneMember({ term: 3, log: [1, 2, 2, 2] });
    const said = lone.hear("append", {
      from: 2,
      prevIndex: 1,
      prevTerm: 1,
      entries: entries(2, 3),
    });
    expect(lone.last.persist).toMatchObject({ truncateFrom: 2, entries: [{ index: 2, term: 3 }] });
    expect(lone.logTerms).toEqual([1, 3]);
    expect(said).toMatchObject([{ type: "append-accepted", matchIndex: 2 }]);
  });

  it("3. keeps entries that agree, and those after them: the append may be late", () => {
    const lone = new LoneMember({ term: 2, log: [1, 2, 2, 2] });
    lone.hear("append", {
      from: 2,
      prevIndex: 1,
      prevTerm: 1,
      entries: entries(2, 2),
    });
    expect(lone.logTerms).toEqual([1, 2, 2, 2]);
    expect(lone.readies.flatMap(({ persist }) => persist?.entries ?? [])).toEqual([]);
  });

  it("4. appends what is not in the log", () => {
    const lone = new LoneMember({ term: 2, log: [1, 2] });
    lone.hear("append", {
      from: 2,
      prevIndex: 1,
      prevTerm: 1,
      entries: entries(2, 2, 2, 2),
    });
    expect(lone.logTerms).toEqual([1, 2, 2, 2]);
    expect(lone.last.persist).toMatchObject({ entries: [{ index: 3 }, { index: 4 }] });
    expect(lone.last.persist?.truncateFrom).toBeUndefined();
  });

  it("acknowledges what was sent, never what else is in the log", () => {
    const lone = new LoneMember({ term: 2, log: [1, 1, 1] });
    const said = lone.hear("append", { from: 2, prevIndex: 1, prevTerm: 1 });
    expect(said).toMatchObject([{ type: "append-accepted", matchIndex: 1 }]);
  });

  it("5. commits up to leaderCommit, and no further than the last new entry", () => {
    const lone = new LoneMember({ term: 2, log: [1, 1, 1] });
    const place = { from: 2, prevIndex: 1, prevTerm: 1 };
    lone.hear("append", { ...place, commitIndex: 3 });
    expect(lone.status.commitIndex).toBe(1);
    lone.hear("append", { ...place, entries: entries(2, 1, 1), commitIndex: 2 });
    expect(lone.status.commitIndex).toBe(2);
  });

  it("does not commit by a heartbeat what it does not know to agree with this leader", () => {
    const lone = new LoneMember({ term: 2, log: [1, 1, 1], commit: 1 });
    const said = lone.hear("heartbeat", { from: 2, commitIndex: 3 });
    expect(lone.status.commitIndex).toBe(1);
    expect(said).toMatchObject([{ type: "heartbeat-response", matchIndex: 1 }]);
  });
});

describe("figure 2, RequestVote, the receiver", () => {
  const upToDate = { lastIndex: 2, lastTerm: 2 };

  it("1. refuses a past term, and says which is the current one", () => {
    const lone = new LoneMember({ term: 3, log: [1, 2] });
    const said = lone.hear("vote-request", { from: 2, term: 2, ...upToDate });
    expect(said).toMatchObject([{ type: "newer-term", to: 2, term: 3 }]);
    expect(lone.status.votedFor).toBeUndefined();
  });

  it("2. votes for the first that asks, again for the same, and for no other in the term", () => {
    const lone = new LoneMember({ term: 3, log: [1, 2] });
    const votes = [2, 2, 3].flatMap((from) => lone.hear("vote-request", { from, ...upToDate }));
    expect(only(votes, "vote-response").map(({ to, granted }) => [to, granted])).toEqual([
      [2, true],
      [2, true],
      [3, false],
    ]);
    lone.hear("vote-request", { from: 3, term: 4, ...upToDate });
    expect(lone.status.votedFor).toBe(3);
  });

  it("2. does not vote for another after a crash", () => {
    const lone = new LoneMember({ term: 3, log: [1, 2] });
    lone.hear("vote-request", { from: 2, ...upToDate });
    lone.member.crash();
    lone.member.start();
    expect(lone.hear("vote-request", { from: 3, ...upToDate })).toMatchObject([{ granted: false }]);
  });

  it("2. does not vote for a log that is less up to date than its own", () => {
    const lone = new LoneMember({ term: 3, log: [1, 2] });
    const said = lone.hear("vote-request", { from: 2, lastIndex: 9, lastTerm: 1 });
    expect(said).toMatchObject([{ type: "vote-response", granted: false }]);
  });
});

describe("figure 2, rules for all servers", () => {
  it("applies what is committed, in order, once", () => {
    const lone = new LoneMember({ term: 1 });
    lone.hear("append", { from: 2, entries: entries(1, 1, 1, 1), commitIndex: 2 });
    expect(lone.member.machine.commands).toEqual(["1.1", "1.2"]);
    lone.hear("append", { from: 2, entries: entries(1, 1, 1, 1), commitIndex: 3 });
    expect(lone.member.machine.commands).toEqual(["1.1", "1.2", "1.3"]);
  });

  it.each(["follower", "pre-candidate", "candidate", "leader"])(
    "a %s that hears of a higher term becomes a follower of it",
    (role) => {
      const lone = new LoneMember({ log: [1] });
      if (role === "leader") lone.elect(2);
      else if (role !== "follower") lone.member.raft.campaign();
      if (role === "candidate") {
        lone.work();
        const [request] = only(lone.take(), "pre-vote-request");
        lone.hear("pre-vote-response", { from: 2, attempt: request!.attempt, granted: true });
      }
      expect(lone.status.role).toBe(role);
      lone.hear("newer-term", { from: 2, term: 7 });
      expect(lone.status).toMatchObject({ role: "follower", term: 7 });
      expect(lone.status.votedFor).toBeUndefined();
    },
  );
});

describe("figure 2, rules for followers", () => {
  it("stand for election when the timeout passes without a leader or a vote", () => {
    const lone = new LoneMember({ log: [1] });
    expect(lone.tick(9)).toEqual([]);
    expect(only(lone.tick(), "pre-vote-request")).toHaveLength(2);
  });

  it("begin to wait anew with every append, heartbeat, chunk and granted vote, and nothing else", () => {
    const lone = new LoneMember({ log: [1] });
    lone.tick(9);
    lone.hear("append", { from: 2, prevIndex: 1, prevTerm: 1 });
    expect(lone.tick(9)).toEqual([]);
    lone.hear("heartbeat", { from: 2 });
    expect(lone.tick(9)).toEqual([]);
    lone.tick();

    const voter = new LoneMember({ log: [1] });
    voter.tick(9);
    voter.hear("vote-request", { from: 2, term: 2, lastIndex: 1, lastTerm: 1 });
    expect(voter.tick(9)).toEqual([]);

    const refuser = new LoneMember({ log: [1] });
    refuser.tick(9);
    refuser.hear("vote-request", { from: 2, term: 2 });
    refuser.hear("append", { from: 3, term: 1 });
    expect(only(refuser.tick(), "pre-vote-request")).toHaveLength(2);
  });
});

describe("figure 2, rules for candidates", () => {
  function candidate(voters = [1, 2, 3, 4, 5]): LoneMember {
    const lone = new LoneMember({ voters, log: [1, 1] });
    lone.member.raft.campaign();
    lone.work();
    const [request] = only(lone.take(), "pre-vote-request");
    for (const from of voters.slice(1)) {
      lone.hear("pre-vote-response", { from, attempt: request!.attempt, granted: true });
    }
    return lone;
  }

  it("begin a term, vote for themselves, and ask all others", () => {
    const lone = new LoneMember({ log: [1, 1] });
    lone.member.raft.campaign();
    lone.work();
    const [request] = only(lone.take(), "pre-vote-request");
    const said = lone.hear("pre-vote-response", {
      from: 3,
      attempt: request!.attempt,
      granted: true,
    });
    expect(said).toMatchObject([
      { type: "vote-request", to: 2, term: 2, lastIndex: 2, lastTerm: 1 },
      { type: "vote-request", to: 3, term: 2, lastIndex: 2, lastTerm: 1 },
    ]);
    expect(lone.last.persist?.hardState).toMatchObject({ term: 2, votedFor: 1 });
  });

  it("lead with the votes of a majority, their own included when it is durable", () => {
    const lone = candidate();
    lone.hear("vote-response", { from: 2, granted: true });
    expect(lone.status.role).toBe("candidate");
    lone.hear("vote-response", { from: 2, granted: true });
    expect(lone.status.role).toBe("candidate");
    lone.hear("vote-response", { from: 3, granted: true });
    expect(lone.status).toMatchObject({ role: "leader", term: 2 });
  });

  it("do not count their own vote before it is written", () => {
    const lone = new LoneMember({ voters: [1, 2, 3], log: [1] });
    const { member } = lone;
    member.raft.campaign();
    member.doReady();
    const [request] = only(lone.take(), "pre-vote-request");
    member.raft.step({
      ...request!,
      type: "pre-vote-response",
      from: request!.to,
      to: request!.from,
      recovering: undefined,
      granted: true,
    });
    member.take();
    member.raft.step({
      type: "vote-response",
      from: request!.to,
      to: request!.from,
      term: lone.status.term,
      granted: true,
    });
    expect(lone.status.role).toBe("candidate");
    member.persist();
    member.finish();
    expect(lone.status.role).toBe("leader");
  });

  it("lose when a majority refuses", () => {
    const lone = candidate();
    for (const from of [2, 3, 4]) lone.hear("vote-response", { from, granted: false });
    expect(lone.status).toMatchObject({ role: "follower", term: 2 });
  });

  it("do not count the votes of those who are no voters", () => {
    const lone = candidate();
    for (const from of [7, 8, 9]) lone.hear("vote-response", { from, granted: true });
    expect(lone.status.role).toBe("candidate");
  });

  it.each(["append", "heartbeat"] as const)(
    "follow the leader who sends an %s in their term",
    (type) => {
      const lone = candidate();
      lone.hear(type, { from: 4 });
      expect(lone.status).toMatchObject({ role: "follower", term: 2, leader: 4 });
    },
  );

  it("stand again when the timeout passes", () => {
    const lone = candidate();
    expect(only(lone.tick(10), "pre-vote-request")).toHaveLength(4);
  });
});

describe("figure 2, rules for leaders", () => {
  it("tell all others at once that they were elected, and keep telling", () => {
    const lone = new LoneMember({ log: [1] });
    expect(lone.elect(2)).toMatchObject([
      { type: "append", to: 2, prevIndex: 1, prevTerm: 1, term: 2 },
      { type: "append", to: 3, prevIndex: 1, prevTerm: 1, term: 2 },
    ]);
    for (let i = 0; i < 5; i++) {
      expect(only(lone.tick(), "heartbeat").map(({ to }) => to)).toEqual([2, 3]);
      lone.hear("heartbeat-response", { from: 2 });
    }
  });

  it("append a command to their log and apply it when it is committed", () => {
    const lone = new LoneMember({ log: [1] });
    lone.elect(2);
    lone.propose("x");
    expect(lone.logTerms).toEqual([1, 2, 2]);
    expect(lone.member.machine.commands).toEqual([]);
    lone.hear("append-accepted", { from: 3, matchIndex: 3 });
    expect(lone.member.machine.commands).toEqual(["1.1", "x"]);
  });

  it("send entries from nextIndex on, and advance it with what is accepted", () => {
    const lone = new LoneMember({ log: [1] });
    lone.elect(2);
    expect(lone.propose("x")).toEqual([]);
    const said = lone.hear("append-accepted", { from: 2, matchIndex: 2 });
    expect(only(said, "append").filter(({ entries }) => entries.length > 0)).toMatchObject([
      { to: 2, prevIndex: 2, entries: [{ index: 3 }] },
    ]);
    expect(lone.status.peers[0]).toMatchObject({ matchIndex: 2, nextIndex: 4 });
  });

  it("go back when an append is refused, and try again", () => {
    const lone = new LoneMember({ log: [1, 1, 1, 1] });
    lone.elect(2);
    const said = lone.hear("append-rejected", {
      from: 3,
      rejectedIndex: 4,
      hintIndex: 2,
      hintTerm: 1,
    });
    expect(said).toMatchObject([
      { type: "append", to: 3, prevIndex: 2, entries: [{ index: 3 }, { index: 4 }, { index: 5 }] },
    ]);
  });

  it("commit what a majority has, if it is of their term", () => {
    const lone = new LoneMember({ voters: [1, 2, 3, 4, 5], log: [1, 1] });
    lone.elect(2, 3);
    lone.propose("x");
    lone.hear("append-accepted", { from: 2, matchIndex: 4 });
    expect(lone.status.commitIndex).toBe(0);
    lone.hear("append-accepted", { from: 3, matchIndex: 3 });
    expect(lone.status.commitIndex).toBe(3);
    lone.hear("append-accepted", { from: 4, matchIndex: 4 });
    expect(lone.status.commitIndex).toBe(4);
  });

  it("tell followers what is committed, with the next entries and with heartbeats", () => {
    const lone = new LoneMember();
    lone.elect(2);
    expect(lone.hear("append-accepted", { from: 2, matchIndex: 1 })).toEqual([]);
    const appends = only(lone.propose("x"), "append");
    expect(appends).toMatchObject([{ to: 2, commitIndex: 1 }]);
    const beats = only(lone.tick(), "heartbeat");
    expect(beats.map(({ to, commitIndex }) => [to, commitIndex])).toEqual([
      [2, 1],
      [3, 0],
    ]);
  });
});
