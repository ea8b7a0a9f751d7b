/**
 * What a shell may count on, call by call, on a disk that keeps its promises.
 */

import { beforeEach, describe, expect, test } from "vitest";
import { logIndex, memberId, term } from "../../src/base/ids.ts";
import type { DurableLog } from "../../src/storage/durable-log.ts";
import { createLog } from "../../src/storage/opening/create-log.ts";
import { openLog } from "../../src/storage/opening/open-log.ts";
import { Chance } from "./support/chance.ts";
import {
  chunksOf,
  entryOf,
  IDENTITY,
  MEMBERS,
  readWhole,
  snapshotBytes,
  snapshotMeta,
  storedSnapshot,
} from "./support/contents.ts";
import type { SimulatedDisk } from "./support/simulated-disk.ts";
import { SimulatedMachine } from "./support/simulated-machine.ts";

let machine: SimulatedMachine;
let disk: SimulatedDisk;
let log: DurableLog;

beforeEach(() => start(1));

/** A new machine, whose losses follow from a seed, and a log of three entries. */
async function start(seed: number): Promise<void> {
  machine = new SimulatedMachine(new Chance(seed));
  disk = machine.run();
  log = await createLog(disk, IDENTITY, MEMBERS, { preallocationBytes: 1024 });
  const hardState = { term: term(1), votedFor: memberId(1), commitIndex: logIndex(0) };
  await log.persist({ hardState, entries: [1, 2, 3].map((index) => entryOf(index, 1)) });
}

async function reopen() {
  await log.close();
  disk = machine.run();
  const opening = await openLog(disk, IDENTITY);
  log = opening.log!;
  return opening.verdict;
}

async function writeSnapshot(index: number): Promise<void> {
  const writer = await log.createSnapshot(snapshotMeta(index, 1));
  await writer.write(snapshotBytes(index));
  await writer.commit();
}

describe("a log", () => {
  test("gives back what the core starts with", async () => {
    await reopen();
    expect(log.restore()).toEqual({
      hardState: { term: 1, votedFor: 1, commitIndex: 0 },
      snapshot: { index: 0, term: 0, membership: MEMBERS },
      entries: [1, 2, 3].map((index) => ({
        ...entryOf(index, 1),
        data: Buffer.from(entryOf(index, 1).data),
      })),
    });
  });

  test("makes many requests durable with one fsync", async () => {
    const before = disk.syncs;
    const indices = Array.from({ length: 64 }, (_, i) => 4 + i);
    await Promise.all(indices.map((index) => log.persist({ entries: [entryOf(index, 1)] })));
    expect(disk.syncs - before).toBe(1);
    await reopen();
    expect(log.lastIndex).toBe(67);
  });

  test("does requests of all kinds in the order of the calls", async () => {
    const snapshot = storedSnapshot(9, 1);
    await Promise.all([
      log.persist({ entries: [entryOf(4, 1)] }),
      log.persist({ chunks: chunksOf(snapshot, 0, 500) }),
      log.persist({ snapshot }),
      log.persist({ entries: [entryOf(10, 1), entryOf(11, 1)] }),
      log.persist({ truncateFrom: logIndex(11), entries: [entryOf(11, 1)] }),
    ]);
    await reopen();
    expect(log.snapshot).toEqual(snapshot);
    expect(log.restore().entries.map(({ index }) => index)).toEqual([10, 11]);
  });

  test("refuses more than may wait, and loses nothing of what does", async () => {
    await log.close();
    ({ log } = (await openLog(machine.run(), IDENTITY, { requestsWaitingMax: 2 })) as never);
    const waiting = [4, 5].map((index) => log.persist({ entries: [entryOf(index, 1)] }));
    await expect(log.persist({ entries: [entryOf(6, 1)] })).rejects.toMatchObject({
      code: "LIMIT_REACHED",
    });
    await Promise.all(waiting);
    expect(log.lastIndex).toBe(5);
  });

  test("takes in nothing after a call that failed", async () => {
    disk.fault = { kind: "failed-sync", call: 0 };
    const failed = { code: "DATA_FAILED", message: expect.stringContaining("must end") };
    const first = log.persist({ entries: [entryOf(4, 1)] });
    const second = log.persist({ entries: [entryOf(5, 1)] });
    await expect(first).rejects.toMatchObject(failed);
    await expect(second).rejects.toMatchObject(failed);
    await expect(log.persist({})).rejects.toMatchObject(failed);
  });

  test("says that the disk is full", async () => {
    disk.fault = { kind: "no-space", call: 0 };
    await expect(log.persist({ entries: [entryOf(4, 1)] })).rejects.toMatchObject({
      code: "NO_SPACE",
      message: expect.stringContaining("Nothing that was acknowledged is lost"),
    });
  });

  test("cuts off a torn tail, and says so once", async () => {
    await log.close();
    const segment = machine.files.get("segment-000000000001")!;
    segment.write(Buffer.alloc(40, 7), segment.sizeBytes);
    const torn = { file: "segment-000000000001", lostBytes: 40 };
    expect(await reopen()).toMatchObject({ kind: "intact", tornTail: torn });
    expect(log.lastIndex).toBe(3);
    expect(await reopen()).toMatchObject({ kind: "intact", tornTail: undefined });
  });

  test("breaks rather than take a gap, a falling term, or a second vote in a term", async () => {
    const votes = { term: term(1), votedFor: memberId(2), commitIndex: logIndex(0) };
    for (const request of [
      { entries: [entryOf(5, 1)] },
      { hardState: { ...votes, term: term(0) } },
      { hardState: votes },
      { entries: [entryOf(4, 2)] },
    ]) {
      await expect(log.persist(request)).rejects.toThrow("Broken invariant");
      await log.close().catch(() => {});
      ({ log } = (await openLog(machine.run(), IDENTITY)) as never);
    }
  });
});

describe("snapshots", () => {
  test("take the room of the segments that they stand for", async () => {
    await log.close();
    ({ log } = (await openLog(machine.run(), IDENTITY, { segmentBytes: 1 })) as never);
    for (const index of [4, 5, 6]) await log.persist({ entries: [entryOf(index, 1)] });
    await writeSnapshot(4);
    await log.compact(logIndex(4));
    const segments = [...machine.files.keys()].filter((name) => name.startsWith("segment-"));
    expect(segments).toEqual(["segment-000000000003", "segment-000000000004"]);
    await reopen();
    expect(await readWhole(log)).toEqual(snapshotBytes(4));
    expect(log.restore().entries.map(({ index }) => index)).toEqual([5, 6]);
  });

  test("of another member's take the place of the log, also of what they do not stand for", async () => {
    const snapshot = storedSnapshot(2, 1);
    await log.persist({ chunks: chunksOf(snapshot, 0, 500) });
    await log.persist({ snapshot });
    await reopen();
    expect(log.snapshot).toEqual(snapshot);
    expect(log.restore().entries).toEqual([]);
  });

  test("are received on, after a restart, from where they were", async () => {
    const snapshot = storedSnapshot(9, 1);
    const [first, ...rest] = chunksOf(snapshot, 0, Math.ceil(snapshot.sizeBytes / 3));
    await log.persist({ chunks: [first!] });
    await reopen();
    expect(log.restore().incoming).toEqual({ snapshot, receivedBytes: first!.data.length });
    await log.persist({ chunks: rest });
    await log.persist({ snapshot });
    expect(await readWhole(log)).toEqual(snapshotBytes(9));
  });

  test("that came damaged are not kept, and can come again", async () => {
    const snapshot = storedSnapshot(9, 1);
    const damaged = { ...snapshot, checksum: snapshot.checksum ^ 1 };
    const whole = chunksOf(snapshot, 0, 1e6);
    const spoilt = whole.map((chunk) => ({ ...chunk, snapshot: damaged }));
    expect(await log.persist({ chunks: spoilt })).toEqual({ isSnapshotDamaged: true });
    expect(await log.persist({ chunks: whole })).toEqual({ isSnapshotDamaged: false });
    await log.persist({ snapshot });
    expect(log.snapshot).toEqual(snapshot);
  });

  test("of a member's own that find no room leave the log as it was", async () => {
    const writer = await log.createSnapshot(snapshotMeta(2, 1));
    disk.fault = { kind: "no-space", call: 0 };
    await expect(writer.write(snapshotBytes(2))).rejects.toMatchObject({ code: "NO_SPACE" });
    await writer.discard();
    await log.persist({ entries: [entryOf(4, 1)] });
    await writeSnapshot(4);
    expect(await readWhole(log)).toEqual(snapshotBytes(4));
  });

  test("are never both gone when one takes the other's place, wherever the power fails", async () => {
    const found = new Set<number>();
    for (let seed = 1; seed <= 40; seed++) {
      for (let call = 1, hasCrashed = true; hasCrashed; call++) {
        await start(seed);
        await writeSnapshot(1);
        disk.fault = { kind: "crash", call: disk.calls + call };
        hasCrashed = await writeSnapshot(2).then(
          () => false,
          () => true,
        );
        disk.stop();
        machine.losePower();
        ({ log } = (await openLog(machine.run(), IDENTITY)) as never);
        const { index } = log.restore().snapshot;
        expect(await readWhole(log)).toEqual(snapshotBytes(index));
        found.add(index);
      }
    }
    expect([...found].sort()).toEqual([1, 2]);
  });

  test("are read to their end, though others take their place", async () => {
    await writeSnapshot(1);
    const reader = (await log.openSnapshot(logIndex(1)))!;
    await writeSnapshot(2);
    expect(new Uint8Array(await reader.read(0, 1e6))).toEqual(snapshotBytes(1));
    await reader.close();
    expect(await log.openSnapshot(logIndex(1))).toBeUndefined();
  });

  test("of a member's own give way to a younger one that came in meanwhile", async () => {
    const writer = await log.createSnapshot(snapshotMeta(2, 1));
    await writer.write(snapshotBytes(2));
    const snapshot = storedSnapshot(9, 1);
    await log.persist({ chunks: chunksOf(snapshot, 0, 500) });
    await log.persist({ snapshot });
    expect(await writer.commit()).toEqual(snapshot);
    await reopen();
    expect(log.snapshot).toEqual(snapshot);
    expect([...machine.files.keys()].filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});
