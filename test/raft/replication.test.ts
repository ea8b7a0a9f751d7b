/**
 * Log matching and repair (section 5.3 of the Raft paper), commitment (5.4.2, 5.4.3), and what a
 * leader may do before its own disk is done (dissertation, 10.2.1).
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memberId } from "../../src/base/ids.ts";
import { membershipOf } from "../../src/raft/membership.ts";
import { Cluster } from "./support/cluster.ts";
import { command, entries, LoneMember, only } from "./support/lone-member.ts";

describe("section 5.3, log repair", () => {
  /** Two members with these logs, of which the first leads next; how many probes it took. */
  function repair(leaderLog: readonly number[], followerLog: readonly number[]): number {
    let probes = 0;
    const cluster = new Cluster({}, () => () => 0, {
      onReady: (_, { messagesAfterPersist }) => {
        probes += messagesAfterPersist.filter(({ type }) => type === "append-rejected").length;
      },
    });
    const term = Math.max(0, ...leaderLog, ...followerLog);
    [leaderLog, followerLog].forEach((terms, i) => {
      const { disk } = cluster.add(i + 1, membershipOf([1, 2, 3]));
      disk.entries = terms.map((each, at) => command(each, at + 1));
      disk.hardState = { ...disk.hardState, term: term as typeof disk.hardState.term };
    });
    // The third member elects the first, whatever the second thinks of it.
    const third = cluster.add(3, membershipOf([1, 2, 3]));
    third.disk.hardState = cluster.member(1).disk.hardState;
    for (const { id } of cluster.members.values()) cluster.member(id).start();
    cluster.network.partition([[1, 3], [2]]);
    cluster.member(1).raft.campaign();
    cluster.settle();
    probes = 0;
    cluster.member(3).crash();
    cluster.network.heal();
    cluster.member(1).raft.tick();
    cluster.settle();
    expect(cluster.member(2).disk.entries).toEqual(cluster.member(1).disk.entries);
    return probes;
  }

  /** Terms that never fall: a few of those given, each some times. */
  const runsOf = (terms: readonly number[]): fc.Arbitrary<number[]> =>
    fc
      .array(fc.nat(8), { minLength: terms.length, maxLength: terms.length })
      .map((counts) => terms.flatMap((each, i) => Array<number>(counts[i]!).fill(each)));

  it("makes any log equal, with no more probes than there are terms in which they differ", () => {
    fc.assert(
      // An entry of one term is in both logs only if all before it is (log matching).
      fc.property(
        runsOf([1, 2]),
        runsOf([4, 6, 8]),
        runsOf([3, 5, 7, 9]),
        (shared, own, others) => {
          const probes = repair([...shared, ...own], [...shared, ...others]);
          expect(probes).toBeLessThanOrEqual(new Set([...own, ...others]).size + 1);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("skips a term of the leader's that the follower does not have", () => {
    const lone = new LoneMember({ log: [1, 3, 3, 3, 5, 5] });
    lone.elect(2);
    const said = lone.hear("append-rejected", {
      from: 2,
      rejectedIndex: 6,
      hintIndex: 4,
      hintTerm: 2,
    });
    expect(said).toMatchObject([{ prevIndex: 1 }]);
  });

  it("skips terms of the follower's that the leader does not have", () => {
    const lone = new LoneMember({ log: [1, 3, 3, 4, 4, 5] });
    const said = lone.hear("append", { from: 2, prevIndex: 6, prevTerm: 3 });
    expect(said).toMatchObject([{ rejectedIndex: 6, hintIndex: 3, hintTerm: 3 }]);
  });

  it("ignores late rejections, which tell of what has been matched since", () => {
    const lone = new LoneMember({ log: [1, 1, 1] });
    lone.elect(2);
    const late = { from: 2, rejectedIndex: 3, hintIndex: 1, hintTerm: 1 };
    lone.hear("append-rejected", late);
    lone.hear("append-accepted", { from: 2, matchIndex: 4 });
    expect(lone.hear("append-rejected", late)).toEqual([]);
    expect(lone.status.peers[0]).toMatchObject({ mode: "replicate", matchIndex: 4, nextIndex: 5 });
  });

  it("ignores acknowledgements of what it never sent", () => {
    const lone = new LoneMember({ log: [1, 1] });
    lone.elect(2);
    lone.hear("append-accepted", { from: 2, matchIndex: 9 });
    lone.hear("heartbeat-response", { from: 2, matchIndex: 9 });
    expect(lone.status).toMatchObject({ commitIndex: 0, peers: [{ matchIndex: 0 }, {}] });
  });

  it("asks a restarted follower how far their logs agree, so that it learns what is committed", () => {
    const lone = new LoneMember();
    lone.elect(2);
    lone.hear("append-accepted", { from: 2, matchIndex: 1 });
    const said = lone.hear("heartbeat-response", { from: 2, matchIndex: 0 });
    expect(only(said, "append")).toMatchObject([
      { to: 2, prevIndex: 1, entries: [], commitIndex: 1 },
    ]);
  });
});

describe("a committed entry", () => {
  it("is never truncated: whoever asks for it breaks an invariant", () => {
    const lone = new LoneMember({ term: 3, log: [1, 1, 1], commit: 2 });
    const overwrite = (): unknown =>
      lone.hear("append", { from: 2, prevIndex: 1, prevTerm: 1, entries: entries(2, 3) });
    expect(overwrite).toThrow(/Broken invariant: entry 2 is not committed/);
  });

  it("needs no check against a leader's log (5.4.3), so a late append is simply acknowledged", () => {
    const lone = new LoneMember({ term: 3, log: [1, 1, 1], commit: 2 });
    const said = lone.hear("append", { from: 2, entries: entries(1, 1) });
    expect(said).toMatchObject([{ type: "append-accepted", matchIndex: 2 }]);
  });

  it("may not be missing after a restart", () => {
    const lone = new LoneMember({ log: [1, 1, 1], commit: 3 });
    lone.member.crash();
    lone.member.disk.entries.length = 2;
    expect(() => lone.member.start()).toThrow(/start the member as one that recovers/);
  });
});

describe("section 5.4.2, entries of earlier terms", () => {
  it("are not committed by counting, and are with the first of the leader's own term", () => {
    const lone = new LoneMember({ log: [1, 1] });
    lone.elect(2);
    for (const from of [2, 3]) lone.hear("append-accepted", { from, matchIndex: 2 });
    expect(lone.status.commitIndex).toBe(0);
    lone.hear("append-accepted", { from: 2, matchIndex: 3 });
    expect(lone.status.commitIndex).toBe(3);
  });
});

describe("section 10.2.1, the leader's own copy", () => {
  it("counts when it is durable, and the entries are sent before", () => {
    const lone = new LoneMember();
    lone.elect(2);
    lone.hear("append-accepted", { from: 2, matchIndex: 1 });
    lone.hear("append-accepted", { from: 3, matchIndex: 1 });
    const { member } = lone;
    member.raft.propose(new Uint8Array(1));
    const { messages, persist } = member.take();
    expect(messages.filter(({ type }) => type === "append")).toHaveLength(2);
    expect(persist?.entries).toHaveLength(1);
    const accepted = { type: "append-accepted", to: memberId(1), term: lone.status.term } as const;
    const rest = { matchIndex: lone.status.lastIndex, recovering: undefined };
    member.raft.step({ ...accepted, ...rest, from: memberId(2) });
    expect(lone.status.commitIndex).toBe(1);
    member.persist();
    member.finish();
    expect(lone.status.commitIndex).toBe(2);
  });

  it("is not needed when a majority of others has the entry", () => {
    const lone = new LoneMember();
    lone.elect(2);
    lone.hear("append-accepted", { from: 2, matchIndex: 1 });
    lone.hear("append-accepted", { from: 3, matchIndex: 1 });
    const { member } = lone;
    member.raft.propose(new Uint8Array(1));
    member.take();
    for (const from of [2, 3]) {
      member.raft.step({
        type: "append-accepted",
        from: memberId(from),
        to: memberId(1),
        term: lone.status.term,
        matchIndex: lone.status.lastIndex,
        recovering: undefined,
      });
    }
    expect(lone.status.commitIndex).toBe(2);
  });
});
