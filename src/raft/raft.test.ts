/** How a shell drives a member (ready.ts); what the members decide is tested in test/raft. */

import { describe, expect, it } from "vitest";
import { logIndex, memberId } from "../base/ids.ts";
import { membershipOf } from "./membership.ts";
import { emptyDisk, type RaftOptions } from "./options.ts";
import { Raft } from "./raft.ts";
import type { Ready } from "./ready.ts";
import { seededRandom } from "./seeded-random.ts";

function groupOfOne(options: Partial<RaftOptions> = {}): Raft {
  return new Raft({
    id: memberId(1),
    restored: emptyDisk(membershipOf([1])),
    random: seededRandom(1),
    ...options,
  });
}

/** Does everything, without a disk. */
function finish(raft: Raft): readonly Ready[] {
  const readies: Ready[] = [];
  while (raft.hasReady()) {
    readies.push(raft.ready());
    raft.advance();
  }
  return readies;
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

describe("Raft", () => {
  it("elects itself at once in a group of one, and commits what is durable", () => {
    const raft = groupOfOne();
    finish(raft);
    const { index } = raft.propose(text("x")) as { index: number };
    expect(raft.status().commitIndex).toBe(index - 1);
    const committed = finish(raft).flatMap((ready) => ready.committed);
    expect(committed.map(({ kind }) => kind)).toEqual(["command"]);
    expect(raft.status()).toMatchObject({ role: "leader", appliedIndex: index });
  });

  it("makes one write of all that was proposed while the last was being written", () => {
    const raft = groupOfOne();
    finish(raft);
    raft.propose(text("1"));
    const first = raft.ready();
    raft.propose(text("2"));
    raft.propose(text("3"));
    expect(raft.hasReady()).toBe(false);
    raft.advance();
    const second = raft.ready();
    expect(first.persist?.entries).toHaveLength(1);
    expect(second.persist?.entries).toHaveLength(2);
  });

  it("has one Ready at a time, and no advance without one", () => {
    const raft = groupOfOne();
    expect(() => raft.advance()).toThrow("a Ready was taken");
    raft.ready();
    expect(() => raft.ready()).toThrow("a Ready is taken after the one before was done");
  });

  it("wants nothing written for a commit index alone, which comes with the next write", () => {
    const raft = groupOfOne();
    finish(raft);
    raft.propose(text("1"));
    const readies = finish(raft);
    expect(readies.at(-1)?.committed).toHaveLength(1);
    expect(readies.at(-1)?.persist).toBeUndefined();
    raft.propose(text("2"));
    expect(raft.ready().persist?.hardState?.commitIndex).toBe(raft.status().commitIndex);
  });

  it("never hands out a commit index beyond what the disk has without the write", () => {
    const raft = groupOfOne();
    finish(raft);
    for (let i = 0; i < 5; i++) {
      raft.propose(text("x"));
      const { durableIndex } = raft.status();
      const { persist } = raft.ready();
      expect(persist?.hardState?.commitIndex ?? 0).toBeLessThanOrEqual(durableIndex);
      raft.advance();
    }
  });

  it("tells of its role when it changes, and only then", () => {
    const raft = groupOfOne();
    const standings = finish(raft).flatMap(({ standing }) => standing?.role ?? []);
    expect(standings).toEqual(["candidate", "leader"]);
    raft.propose(text("x"));
    expect(finish(raft).some(({ standing }) => standing !== undefined)).toBe(false);
  });

  it("gives the same outputs for the same inputs", () => {
    const run = (): readonly Ready[] => {
      const raft = new Raft({
        id: memberId(1),
        restored: emptyDisk(membershipOf([1, 2, 3])),
        random: seededRandom(5),
      });
      const readies: Ready[] = [];
      for (let i = 0; i < 60; i++) {
        raft.tick();
        readies.push(...finish(raft));
      }
      return readies;
    };
    expect(run()).toEqual(run());
  });

  it("compacts what a saved snapshot stands for, and no more", () => {
    const raft = groupOfOne();
    finish(raft);
    for (const words of ["1", "2", "3"]) raft.propose(text(words));
    finish(raft);
    const meta = raft.snapshotMetaAt(logIndex(3))!;
    expect(meta).toEqual({ index: 3, term: 1, membership: membershipOf([1]) });
    expect(() => raft.compact(logIndex(3))).toThrow("a saved snapshot stands for entry 3");
    raft.snapshotSaved({ meta, sizeBytes: 1, checksum: 0 });
    raft.compact(logIndex(3));
    expect(raft.status()).toMatchObject({ firstIndex: 4, lastIndex: 4 });
    expect(raft.snapshotMetaAt(logIndex(2))).toBeUndefined();
    expect(raft.snapshotsInUse()).toEqual([3]);
    expect(() => raft.snapshotMetaAt(logIndex(9))).toThrow("entry 9 is applied");
  });

  it.each([
    [{ id: memberId(0) }, "a member id fits four bytes"],
    [{ electionTicks: 2, heartbeatTicks: 2 }, "elections are rarer than heartbeats"],
    [{ heartbeatTicks: 0 }, "heartbeats are at least one tick apart"],
    [{ limits: { readsMax: 0 } }, "the bound readsMax is a positive whole number"],
    [{ restored: emptyDisk(membershipOf([1, 1])) }, "the restored members are distinct"],
  ])("does not start with options that make no sense: %j", (options, reason) => {
    expect(() => groupOfOne(options)).toThrow(reason);
  });

  it("does not elect itself while it recovers: nobody could tell it what it has forgotten", () => {
    const raft = groupOfOne({ recovering: true });
    for (let i = 0; i < 50; i++) raft.tick();
    finish(raft);
    expect(raft.status()).toMatchObject({ role: "follower", isRecovering: true });
  });
});
