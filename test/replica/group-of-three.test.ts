/**
 * Three members, over memory and over gRPC: leaders that die, members that fall behind, and what those
 * are told who have proposed.
 */

import { rm } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import { SheafError } from "../../src/base/error.ts";
import { memberId } from "../../src/base/ids.ts";
import { membershipOf } from "../../src/raft/membership.ts";
import { Group, type GroupSettings, type Member, type Wiring } from "./support/group.ts";
import { set } from "./support/map-machine.ts";
import { noSpace } from "./support/observed-disk.ts";

let group: Group | undefined;
afterEach(async () => {
  await group?.close();
  group = undefined;
});

async function groupOfThree(wiring: Wiring = "memory", settings: GroupSettings = {}) {
  group = await Group.make(wiring, settings);
  await group.startAll(3);
  return group;
}

/** A group of which one member is down, and can only come back by a snapshot. */
async function groupWithOneBehind() {
  const group = await groupOfThree("memory", { limits: { tailBytes: 0 } });
  const [behind] = await group.followers();
  await behind!.end();
  const { replica } = await group.leader();
  await replica.proposeAll(Array.from({ length: 100 }, (_, i) => set(i)));
  await replica.snapshot();
  return { group, absent: behind!.id };
}

/** Proposes to whoever leads until it is applied. */
async function insist(group: Group, command: Uint8Array): Promise<Member> {
  for (;;) {
    const leader = await group.leader();
    try {
      await leader.replica.propose(command);
      return leader;
    } catch (thrown) {
      if (!(thrown instanceof SheafError)) throw thrown;
    }
  }
}

function expectEqualMachines(group: Group): void {
  const [first, ...others] = [...group.members.values()].map(({ machine }) => machine);
  for (const other of others) {
    expect(other.history).toBe(first!.history);
    expect(other.contents).toEqual(first!.contents);
  }
}

describe.each<Wiring>(["memory", "gRPC"])("a group of three over %s", (wiring) => {
  test("applies the same at all members", async () => {
    const group = await groupOfThree(wiring);
    const { replica } = await group.leader();
    await Promise.all(Array.from({ length: 300 }, (_, i) => replica.propose(set(i % 7, i))));
    await group.settled();
    expectEqualMachines(group);
    expect((await group.leader()).machine.contents.size).toBe(7);
  });

  test("loses no acknowledged command when leaders die, one after the other", async () => {
    const group = await groupOfThree(wiring);
    let next = 0;
    const acknowledged: number[] = [];
    for (let death = 0; death < 3; death++) {
      const leader = await group.leader();
      const enough = acknowledged.length + 200;
      // Some are always under way, also when it dies: each of them is applied, or rejected.
      const proposing = Array.from({ length: 16 }, async () => {
        for (;;) {
          const number = next++;
          await leader.replica.propose(set(number));
          acknowledged.push(number);
          group.bell.ring();
        }
      });
      const ended = Promise.allSettled(proposing);
      await group.bell.until(() => acknowledged.length >= enough);
      await leader.end();
      for (const outcome of await ended) {
        expect(outcome).toMatchObject({ status: "rejected", reason: { code: "CANCELLED" } });
      }
      await insist(group, set(next++));
      await group.start(leader.id);
    }
    await insist(group, set("last"));
    await group.settled();
    expectEqualMachines(group);
    const { contents } = (await group.leader()).machine;
    expect(acknowledged.filter((number) => !contents.has(`${number}`))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThanOrEqual(600);
  });

  test("sends a member that is far behind a snapshot", async () => {
    const group = await groupOfThree(wiring, {
      limits: { tailBytes: 5000 },
      raftLimits: { chunkBytesMax: 1000 },
    });
    const [behind] = await group.followers();
    await behind!.end();
    const leader = await group.leader();
    const commands = Array.from({ length: 500 }, (_, i) => set(i, "x".repeat(50)));
    await leader.replica.proposeAll(commands);
    await leader.replica.snapshot();
    await leader.replica.propose(set("after"));
    const back = await group.start(behind!.id);
    await group.settled();
    expect(back.machine.loads).toBe(1);
    expectEqualMachines(group);
    await back.end();
    const again = await group.start(behind!.id);
    await group.settled();
    expect(again.machine.history).toBe(leader.machine.history);
  });

  test("serves reads at a follower, as new as what was acknowledged before", async () => {
    const group = await groupOfThree(wiring);
    const [follower] = await group.followers();
    const leader = await group.leader();
    for (let i = 0; i < 20; i++) {
      await leader.replica.propose(set("n", i));
      await follower!.replica.read(10_000);
      expect(Number(follower!.machine.contents.get("n"))).toBe(i);
    }
  });
});

describe("a group of three", () => {
  test("tells a member that it leads only after what came before is applied", async () => {
    const group = await groupOfThree();
    const first = await group.leader();
    await first.replica.propose(set("a"));
    await first.end();
    const second = await group.leader();
    expect(second.machine.contents.has("a")).toBe(true);
    expect(second.told.at(-1)).toBe(`leading ${second.actsIn}`);
  });

  test("refuses a command at a follower, and says who leads", async () => {
    const group = await groupOfThree();
    const leader = await group.leader();
    const [follower] = await group.followers();
    await follower!.replica.read(10_000);
    await expect(follower!.replica.propose(set(1))).rejects.toMatchObject({
      code: "NOT_LEADER",
      data: { leaderMember: leader.id, mayBeInLog: false },
    });
  });

  test("rejects what a leader could not commit before it lost its lead, and does not apply it", async () => {
    const group = await groupOfThree();
    const old = await group.leader();
    await old.replica.propose(set("kept"));
    group.cut.add(old.id);
    const lost = old.replica.propose(set("lost"));
    await expect(lost).rejects.toMatchObject({ code: "NOT_LEADER", data: { mayBeInLog: true } });
    await group.bell.until(() => old.actsIn === undefined);
    await insist(group, set("other"));
    group.cut.delete(old.id);
    await group.settled();
    expectEqualMachines(group);
    expect([...old.machine.contents.keys()]).toEqual(["kept", "other"]);
  });

  test("does not serve a read that no majority confirms, and says so at the deadline", async () => {
    const group = await groupOfThree();
    const leader = await group.leader();
    for (const follower of await group.followers()) await follower.end();
    await expect(leader.replica.read(300)).rejects.toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      data: { timeoutMs: 300 },
    });
  });

  test("serves a read that was asked for while nobody led, when somebody does", async () => {
    const group = await groupOfThree();
    const leader = await group.leader();
    await leader.replica.propose(set("a"));
    const [follower] = await group.followers();
    await leader.end();
    await follower!.replica.read(30_000);
    expect(follower!.machine.contents.has("a")).toBe(true);
  });

  test("hands the lead over, and commands that come meanwhile are refused or applied", async () => {
    const group = await groupOfThree();
    const leader = await group.leader();
    const [follower] = await group.followers();
    const transferred = leader.replica.transferLeadership(follower!.id, 30_000);
    const [outcome] = await Promise.allSettled([leader.replica.propose(set("meanwhile"))]);
    await transferred;
    await group.bell.until(() => follower!.actsIn !== undefined);
    await group.settled();
    const isApplied = follower!.machine.contents.has("meanwhile");
    expect(isApplied).toBe(outcome.status === "fulfilled");
  });

  test("takes in a new member, and lets an old one go", async () => {
    const group = await groupOfThree();
    const leader = await group.leader();
    await leader.replica.propose(set("early"));
    const newcomer = await group.start(4);
    const { replica } = leader;
    await replica.changeMembership({ kind: "add-learner", member: memberId(4) });
    await group.bell.until(() =>
      replica.status().raft.peers.some(({ id, isCaughtUp }) => id === 4 && isCaughtUp),
    );
    await replica.changeMembership({ kind: "promote", member: memberId(4) });
    const [gone] = (await group.followers()).filter(({ id }) => id !== 4);
    await replica.changeMembership({ kind: "remove", member: gone!.id });
    await group.bell.until(() => gone!.told.includes("removed"));
    await gone!.end();
    await group.settled();
    expect(newcomer.machine.contents.has("early")).toBe(true);
    await expect(
      replica.changeMembership({ kind: "remove", member: gone!.id }),
    ).rejects.toMatchObject({ data: { reason: "unknown-member" } });
  });

  test("goes on without the leader whose disk is full", async () => {
    const group = await groupOfThree();
    const full = await group.leader();
    await full.replica.propose(set("kept"));
    full.disk.onWrite = () => {
      throw noSpace();
    };
    await expect(full.replica.propose(set("unsure"))).rejects.toMatchObject({ code: "NO_SPACE" });
    expect(full.fatal).toMatchObject([{ code: "NO_SPACE" }]);
    await full.end();
    await insist(group, set("next"));
    const again = await group.start(full.id);
    await group.settled();
    expectEqualMachines(group);
    expect(again.machine.contents.has("kept")).toBe(true);
  });

  test("fetches a snapshot again that has come in damaged", async () => {
    const { group, absent } = await groupWithOneBehind();
    let damaged = 0;
    group.tamper = (message) => {
      const isFirst = message.type === "snapshot-chunk" && message.data.length > 0 && damaged === 0;
      if (!isFirst) return message;
      damaged++;
      return { ...message, data: message.data.map((byte) => byte ^ 1) };
    };
    const back = await group.start(absent);
    await group.settled();
    expect(damaged).toBe(1);
    expect(back.troubles).toHaveLength(1);
    expectEqualMachines(group);
  });

  test("makes no snapshot of a state that a younger one is about to replace", async () => {
    const { group, absent } = await groupWithOneBehind();
    const back = await group.start(absent);
    const wanted: Promise<void>[] = [];
    back.disk.onSync = (name) => {
      if (name.startsWith("incoming")) wanted.push(back.replica.snapshot());
    };
    await group.settled();
    await Promise.all(wanted);
    expect(wanted.length).toBeGreaterThan(0);
    expect(back.fatal).toEqual([]);
    expectEqualMachines(group);
  });

  test("brings a member up to date that has lost its disk", async () => {
    const group = await groupOfThree();
    const [unlucky] = await group.followers();
    const leader = await group.leader();
    await leader.replica.propose(set("kept"));
    await unlucky!.end();
    await rm(group.folderOf(unlucky!.id), { recursive: true });
    const back = await group.start(unlucky!.id, membershipOf([1, 2, 3]));
    expect(back.replica.status().raft.isRecovering).toBe(true);
    await group.bell.until(() => !back.log.isRecovering);
    await insist(group, set("after"));
    await group.settled();
    expectEqualMachines(group);
  });

  test("sends a snapshot that was replaced before any of it was sent", async () => {
    const group = await groupOfThree("memory", { limits: { tailBytes: 0 } });
    const [behind] = await group.followers();
    await behind!.end();
    const { replica } = await group.leader();
    const peer = () => replica.status().raft.peers.find(({ id }) => id === behind!.id)!;
    // Sent one by one, until no more may be under way to a member that does not answer.
    for (let i = 0; peer().mode !== "snapshot"; i++) {
      await replica.propose(set(i));
      if (i % 100 === 99) await replica.snapshot();
    }
    await replica.propose(set("younger"));
    await replica.snapshot();
    const back = await group.start(behind!.id);
    await group.settled();
    expect(back.machine.loads).toBeGreaterThan(0);
    expectEqualMachines(group);
  });

  test("sends a snapshot to its end although younger ones take its place", async () => {
    const group = await groupOfThree("memory", {
      limits: { tailBytes: 2000 },
      raftLimits: { chunkBytesMax: 200, chunksInFlightMax: 1 },
    });
    const [behind] = await group.followers();
    await behind!.end();
    const leader = await group.leader();
    const commands = Array.from({ length: 300 }, (_, i) => set(i, "x".repeat(100)));
    await leader.replica.proposeAll(commands);
    await leader.replica.snapshot();
    const back = await group.start(behind!.id);
    await group.bell.until(() => back.replica.status().raft.incoming !== undefined);
    const { index } = back.replica.status().raft.incoming!;
    for (let i = 0; i < 3; i++) {
      await leader.replica.proposeAll(commands.slice(0, 20));
      await leader.replica.snapshot();
    }
    expect(back.replica.status().raft.incoming?.index).toBe(index);
    await group.settled();
    expect(back.machine.loads).toBe(1);
    expectEqualMachines(group);
  });
});
