/**
 * Linearizable reads: section 6.4 of the dissertation.
 */

import { describe, expect, it } from "vitest";
import { LoneMember, only } from "./support/lone-member.ts";

/** A leader of term 2 whose first entry, 2, is committed. */
function established(): LoneMember {
  const lone = new LoneMember({ log: [1] });
  lone.elect(2);
  for (const from of [2, 3]) lone.hear("append-accepted", { from, matchIndex: 2 });
  return lone;
}

function read(lone: LoneMember): number {
  const ticket = lone.member.raft.read();
  if (!ticket.accepted) throw new Error(`The read was refused: ${ticket.reason}.`);
  lone.work();
  return ticket.id;
}

/** A majority confirms the leader in the round that the last heartbeats carried. */
function confirm(lone: LoneMember, from = 2): void {
  const round = only(lone.take(), "heartbeat").at(-1)?.readRound ?? 0;
  lone.hear("heartbeat-response", { from, matchIndex: 2, readRound: round });
}

describe("section 6.4, a read at the leader", () => {
  it("is served when a majority has confirmed the leader after it was asked", () => {
    const lone = established();
    const id = read(lone);
    expect(lone.outcomes).toEqual([]);
    confirm(lone);
    expect(lone.outcomes).toEqual([{ id, readIndex: 2 }]);
  });

  it("is not served by confirmations of heartbeats from before it was asked", () => {
    const lone = established();
    const first = read(lone);
    const second = read(lone);
    for (const from of [2, 3]) lone.hear("heartbeat-response", { from, readRound: 1 });
    expect(lone.outcomes.map(({ id }) => id)).toEqual([first]);
    lone.hear("heartbeat-response", { from: 2, readRound: 2 });
    expect(lone.outcomes.map(({ id }) => id)).toEqual([first, second]);
  });

  it("is not served by confirmations of rounds that never were", () => {
    const lone = established();
    read(lone);
    lone.hear("heartbeat-response", { from: 2, readRound: 99 });
    expect(lone.outcomes).toEqual([]);
  });

  it("waits for the first entry of the leader's term (step 1)", () => {
    const lone = new LoneMember({ log: [1] });
    lone.elect(2);
    const id = read(lone);
    lone.tick();
    for (const from of [2, 3]) lone.hear("heartbeat-response", { from, readRound: 0 });
    expect(lone.outcomes).toEqual([]);
    lone.hear("append-accepted", { from: 2, matchIndex: 2 });
    expect(lone.outcomes).toEqual([]);
    lone.hear("heartbeat-response", { from: 2, matchIndex: 2, readRound: 1 });
    expect(lone.outcomes).toEqual([{ id, readIndex: 2 }]);
  });

  it("fails when the leader leads no more, whether it was sent out or held back", () => {
    const lone = established();
    const id = read(lone);
    lone.hear("newer-term", { from: 3, term: 5 });
    expect(lone.outcomes).toEqual([{ id, failed: "leader-changed" }]);

    const young = new LoneMember({ log: [1] });
    young.elect(2);
    const early = read(young);
    young.hear("newer-term", { from: 3, term: 5 });
    expect(young.outcomes).toEqual([{ id: early, failed: "leader-changed" }]);
  });
});

describe("section 6.4, a read at a follower", () => {
  function follower(): LoneMember {
    const lone = new LoneMember({ term: 2, log: [1, 2] });
    lone.hear("append", { from: 3, prevIndex: 2, prevTerm: 2, commitIndex: 1 });
    return lone;
  }

  it("asks the leader for the index, and is served when that is applied", () => {
    const lone = follower();
    const id = read(lone);
    expect(lone.take()).toMatchObject([{ type: "read-request", to: 3, requestId: id }]);
    lone.hear("read-response", { from: 3, requestId: id, readIndex: 2 });
    expect(lone.outcomes).toEqual([]);
    lone.hear("heartbeat", { from: 3, commitIndex: 2 });
    expect(lone.outcomes).toEqual([{ id, readIndex: 2 }]);
  });

  it("does not take the answer to a read of its former life", () => {
    const lone = follower();
    const before = read(lone);
    lone.member.crash();
    lone.member.start();
    lone.hear("heartbeat", { from: 3 });
    const id = read(lone);
    lone.hear("read-response", { from: 3, requestId: before, readIndex: 0 });
    expect(lone.outcomes).toEqual([]);
    lone.hear("read-response", { from: 3, requestId: id, readIndex: 0 });
    expect(lone.outcomes).toEqual([{ id, readIndex: 0 }]);
  });

  it.each([
    [
      "another leads",
      (lone: LoneMember) => lone.hear("heartbeat", { from: 1, term: 3 }),
      "leader-changed",
    ],
    [
      "the answer does not come in time",
      (lone: LoneMember) => {
        for (let i = 0; i < 21; i++) {
          lone.hear("heartbeat", { from: 3 });
          lone.tick();
        }
      },
      "timed-out",
    ],
  ])("fails when %s", (_, happen, failed) => {
    const lone = new LoneMember({ id: 2, term: 2, log: [1, 2] });
    lone.hear("heartbeat", { from: 3 });
    const id = read(lone);
    happen(lone);
    expect(lone.outcomes).toEqual([{ id, failed }]);
  });

  it("fails when the one asked does not lead", () => {
    const lone = follower();
    const id = read(lone);
    lone.hear("read-response", { from: 3, requestId: id, readIndex: undefined });
    expect(lone.outcomes).toEqual([{ id, failed: "refused" }]);
    expect(lone.hear("read-request", { from: 2, requestId: 5 })).toMatchObject([
      { type: "read-response", requestId: 5, readIndex: undefined },
    ]);
  });

  it("is answered by the leader, and refused by one that steps down", () => {
    const lone = established();
    const said = lone.hear("read-request", { from: 3, requestId: 7 });
    const { readRound } = only(said, "heartbeat")[0]!;
    expect(lone.hear("heartbeat-response", { from: 2, matchIndex: 2, readRound })).toMatchObject([
      { type: "read-response", to: 3, requestId: 7, readIndex: 2 },
    ]);
    lone.hear("read-request", { from: 3, requestId: 8 });
    expect(lone.hear("newer-term", { from: 2, term: 9 })).toMatchObject([
      { type: "read-response", to: 3, requestId: 8, readIndex: undefined },
    ]);
  });
});

describe("reads that wait", () => {
  it("are bounded, and one more is refused", () => {
    const lone = new LoneMember({ log: [1], settings: { limits: { readsMax: 2 } } });
    lone.elect(2);
    lone.member.raft.read();
    lone.member.raft.read();
    expect(lone.member.raft.read()).toMatchObject({ accepted: false, reason: "overloaded" });
    lone.work();
    expect(lone.hear("read-request", { from: 2, requestId: 1 })).toMatchObject([
      { type: "read-response", readIndex: undefined },
    ]);
  });
});
