/**
 * A member that is alone: real folders, restarts, and the death of its process.
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memberId } from "../../src/base/ids.ts";
import { membershipOf } from "../../src/raft/membership.ts";
import { DataFolder } from "../../src/replica/data-folder.ts";
import { startAnswering } from "../support/answering-process.ts";
import { Group, type Member } from "./support/group.ts";
import { set } from "./support/map-machine.ts";
import { noSpace } from "./support/observed-disk.ts";

const SCRIPT = join(import.meta.dirname, "support/propose-forever.ts");
const ALONE = membershipOf([1]);
const IDENTITY = { cluster: "test", member: memberId(1) };

let group: Group;
beforeEach(async () => {
  group = await Group.make();
});
afterEach(() => group.close());

async function startLeading(): Promise<Member> {
  await group.start(1, ALONE);
  return group.leader();
}

async function restart(member: Member): Promise<Member> {
  await member.end();
  return startLeading();
}

describe("a group of one", () => {
  test("says that it leads when its own first entry is applied, and has what was there before", async () => {
    const first = await startLeading();
    await first.replica.propose(set("name", "value"));
    const second = await restart(first);
    expect(second.told.at(-1)).toBe("leading 2");
    expect([...second.machine.contents]).toEqual([["name", "value"]]);
  });

  test("has everything after a restart, from its snapshot and from the log behind it", async () => {
    const first = await startLeading();
    for (let i = 0; i < 50; i++) await first.replica.propose(set(i));
    await first.replica.snapshot();
    for (let i = 50; i < 80; i++) await first.replica.propose(set(i));
    const second = await restart(first);
    expect(second.machine.loads).toBe(1);
    expect(second.machine.contents).toEqual(first.machine.contents);
    expect(second.machine.history).toBe(first.machine.history);
  });

  test("makes snapshots as its log grows, and forgets the log but for its tail", async () => {
    await group.close();
    const limits = { snapshotBytesMin: 40_000, snapshotBytesMax: 40_000, tailBytes: 10_000 };
    group = await Group.make("memory", { limits });
    const member = await startLeading();
    for (let i = 0; i < 500; i++) await member.replica.propose(set(i % 10, i));
    await member.replica.snapshot();
    const { raft, snapshot } = member.replica.status();
    expect(snapshot.index).toBe(raft.appliedIndex);
    const kept = raft.lastIndex - raft.firstIndex + 1;
    expect(kept).toBeGreaterThanOrEqual(10_000 / 410);
    expect(kept).toBeLessThan(60);
    const again = await restart(member);
    expect(again.machine.history).toBe(member.machine.history);
  });

  test("puts commands in a row into the log in their order, with one fsync", async () => {
    const { replica, disk, machine } = await startLeading();
    let syncs = 0;
    disk.onSync = (name) => {
      if (name.startsWith("segment")) syncs++;
    };
    await replica.proposeAll([set("a", 1), set("a", 2), set("b", 3), set("a", 4)]);
    expect(Object.fromEntries(machine.contents)).toEqual({ a: "4", b: "3" });
    expect(syncs).toBe(1);
  });

  test("lets what is proposed during one fsync share the next", async () => {
    const { replica, disk } = await startLeading();
    let syncs = 0;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isHeld = (): void => {};
    const holding = new Promise<void>((resolve) => {
      isHeld = resolve;
    });
    disk.onSync = async () => {
      isHeld();
      if (syncs++ === 0) await held;
    };
    const first = replica.propose(set(0));
    await holding;
    const rest = Array.from({ length: 100 }, (_, i) => replica.propose(set(i + 1)));
    release();
    await Promise.all([first, ...rest]);
    expect(syncs).toBe(2);
  });

  test("serves a read, which sees what was applied before", async () => {
    const { replica, machine } = await startLeading();
    void replica.propose(set("seen"));
    await replica.propose(set("too"));
    await replica.read(5000);
    expect([...machine.contents.keys()]).toEqual(["seen", "too"]);
  });

  test("turns a command away that no entry can hold", async () => {
    const { replica } = await startLeading();
    const tooLarge = replica.propose(new Uint8Array(9 * 1024 * 1024));
    await expect(tooLarge).rejects.toMatchObject({
      code: "LIMIT_REACHED",
      data: { reason: "too-large", mayBeInLog: false },
    });
  });

  test("turns commands away, all of a row or none, when too many wait", async () => {
    await group.close();
    group = await Group.make("memory", { limits: { proposalsMax: 3 } });
    const { replica, machine } = await startLeading();
    const taken = replica.proposeAll([set(1), set(2)]);
    await expect(replica.proposeAll([set(3), set(4)])).rejects.toMatchObject({
      code: "LIMIT_REACHED",
    });
    await taken;
    await replica.propose(set(5));
    expect([...machine.contents.keys()]).toEqual(["1", "2", "5"]);
  });

  test("lets what the core has no room for wait, in order", async () => {
    await group.close();
    group = await Group.make("memory", { raftLimits: { uncommittedBytesMax: 100 } });
    const { replica, machine } = await startLeading();
    await Promise.all(Array.from({ length: 50 }, (_, i) => replica.propose(set("last", i))));
    expect(machine.contents.get("last")).toBe("49");
  });

  test("rejects what waits when it is closed, and says that it may come true", async () => {
    const member = await startLeading();
    const proposed = member.replica.propose(set(1));
    const closed = member.end();
    await expect(proposed).rejects.toMatchObject({
      code: "CANCELLED",
      data: { mayBeInLog: true },
    });
    await closed;
    await expect(member.replica.propose(set(2))).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("a full disk", () => {
  test("ends the replica, and loses nothing that was acknowledged", async () => {
    const member = await startLeading();
    await member.replica.propose(set("kept"));
    member.disk.onWrite = () => {
      throw noSpace();
    };
    await expect(member.replica.propose(set("lost"))).rejects.toMatchObject({ code: "NO_SPACE" });
    expect(member.fatal).toMatchObject([{ code: "NO_SPACE" }]);
    const again = await restart(member);
    expect(again.machine.contents.has("kept")).toBe(true);
  });

  test("that has no room for a snapshot costs the snapshot alone", async () => {
    const { replica, disk, troubles, fatal, machine } = await startLeading();
    await replica.propose(set("before"));
    disk.onWrite = (name) => {
      if (name.startsWith("snapshot")) throw noSpace();
    };
    await expect(replica.snapshot()).rejects.toMatchObject({ code: "NO_SPACE" });
    await replica.propose(set("after"));
    expect([...machine.contents.keys()]).toEqual(["before", "after"]);
    expect(troubles).toHaveLength(1);
    expect(fatal).toEqual([]);
    disk.onWrite = () => {};
    await replica.snapshot();
    expect(replica.status().snapshot.index).toBe(replica.status().raft.appliedIndex);
  });
});

describe("DataFolder", () => {
  test("refuses a damaged folder of a member that is alone, and says what to do", async () => {
    const member = await startLeading();
    await member.replica.propose(set(1));
    await member.end();
    const path = group.folderOf(1);
    await writeFile(join(path, "segment-000000000001"), "");
    const opening = DataFolder.open(path, { identity: IDENTITY, membership: ALONE });
    await expect(opening).rejects.toMatchObject({
      code: "DATA_FAILED",
      message: expect.stringContaining("the only one of its group"),
    });
  });

  test("lets a damaged member of a larger group recover, without a vote", async () => {
    const member = await startLeading();
    await member.replica.propose(set(1));
    await member.end();
    const path = group.folderOf(1);
    await writeFile(join(path, "segment-000000000001"), "");
    const membership = membershipOf([1, 2, 3]);
    const folder = await DataFolder.open(path, { identity: IDENTITY, membership });
    expect(folder.verdict.kind).toBe("damaged");
    expect(folder.log.isRecovering).toBe(true);
    await folder.close();
  });

  test("does not take a new folder of a larger group for a beginning: its disk may be gone", async () => {
    const options = { identity: IDENTITY, membership: membershipOf([1, 2, 3]) };
    const folder = await DataFolder.open(group.folderOf(1), options);
    expect(folder.log.isRecovering).toBe(true);
    await folder.close();
  });
});

describe("a member whose process is killed", () => {
  const LIVES = 3;
  const ANSWERS_MIN = 400;

  test("holds all that was answered, life after life", async () => {
    const answered: number[] = [];
    for (let life = 1; life <= LIVES; life++) {
      const args = [group.folderOf(1), String(life * 1_000_000)];
      const { kill } = await startAnswering(SCRIPT, args, ANSWERS_MIN);
      answered.push(...(await kill()));
      const member = await startLeading();
      const missing = answered.filter((number) => !member.machine.contents.has(`${number}`));
      expect(missing).toEqual([]);
      expect(member.machine.loads).toBe(1);
      await member.end();
    }
  });
});
