import { describe, expect, test } from "vitest";
import { logIndex, memberId, term } from "../base/ids.ts";
import type { LogEntry } from "../raft/log-entry.ts";
import { membershipOf } from "../raft/membership.ts";
import { emptyDisk } from "../raft/options.ts";
import { Raft } from "../raft/raft.ts";
import { REPLICA_LIMITS } from "./limits.ts";
import { Proposals } from "./proposals.ts";

const INDEX = logIndex(7);
const LEADER = { leader: memberId(2), term: term(4) };

/** Of a member that does not lead. */
function proposalsOfFollower(): Proposals {
  const restored = emptyDisk(membershipOf([1, 2, 3]));
  const raft = new Raft({ id: memberId(1), restored, random: () => 0.5 });
  return new Proposals(raft, REPLICA_LIMITS);
}

function entryOf(itsTerm: number): LogEntry {
  return { index: INDEX, term: term(itsTerm), kind: "command", data: new Uint8Array(1) };
}

describe("Proposals", () => {
  test("resolve when the entry of their index and term is applied", async () => {
    const proposals = proposalsOfFollower();
    const followed = proposals.follow({ accepted: true, index: INDEX, term: term(3) });
    proposals.applied(entryOf(3), LEADER);
    await followed;
    expect(proposals.count).toBe(0);
  });

  test("reject when another leader's entry is applied at their index", async () => {
    const proposals = proposalsOfFollower();
    const followed = proposals.follow({ accepted: true, index: INDEX, term: term(3) });
    proposals.applied(entryOf(4), LEADER);
    await expect(followed).rejects.toMatchObject({
      code: "NOT_LEADER",
      data: { leaderMember: 2, term: 4 },
    });
  });

  test("reject at once what the core refuses, which is then not in the log", async () => {
    const [proposed] = proposalsOfFollower().proposeAll([new Uint8Array(1)]);
    await expect(proposed).rejects.toMatchObject({
      code: "NOT_LEADER",
      data: { mayBeInLog: false },
    });
  });
});
