/**
 * A process that appends to the log of a folder until it is killed: `append-forever.ts FOLDER`. It has
 * eight appends under way, writes a snapshot now and then, and prints each index that was answered.
 */

import { logIndex, term } from "../../../src/base/ids.ts";
import { FolderDisk } from "../../../src/storage/disk/folder-disk.ts";
import { lockFolder } from "../../../src/storage/disk/folder-lock.ts";
import type { DurableLog } from "../../../src/storage/durable-log.ts";
import { createLog } from "../../../src/storage/opening/create-log.ts";
import { openLog } from "../../../src/storage/opening/open-log.ts";
import { entryOf, IDENTITY, MEMBERS, snapshotBytes, snapshotMeta } from "./contents.ts";

const IN_FLIGHT = 8;
const SNAPSHOT_EVERY = 200;
const LIMITS = { segmentBytes: 20_000, preallocationBytes: 8192 };

const folder = process.argv[2]!;
const disk = await FolderDisk.make(folder);
await lockFolder(folder);
const { verdict, log: opened } = await openLog(disk, IDENTITY, LIMITS);
if (verdict.kind === "damaged") throw new Error(JSON.stringify(verdict));
const log = opened ?? (await createLog(disk, IDENTITY, MEMBERS, LIMITS));
await log.persist({ hardState: { ...log.hardState, term: term(log.hardState.term + 1) } });

let next = log.lastIndex + 1;
await Promise.all(Array.from({ length: IN_FLIGHT }, () => appendForever(log)));

async function appendForever(log: DurableLog): Promise<never> {
  for (;;) {
    const index = next++;
    await log.persist({ entries: [entryOf(index, log.hardState.term)] });
    process.stdout.write(`${index}\n`);
    if (index % SNAPSHOT_EVERY === 0) await snapshot(log, index);
  }
}

async function snapshot(log: DurableLog, index: number): Promise<void> {
  const writer = await log.createSnapshot(snapshotMeta(index, log.hardState.term));
  await writer.write(snapshotBytes(index));
  await writer.commit();
  await log.compact(logIndex(index));
}
