/**
 * What all ways to come to a log have in common: their errors are worded, what they opened is closed
 * where they fail, and the log is put together from its files.
 */

import { logIndex, term } from "../../base/ids.ts";
import type { Membership } from "../../raft/log-entry.ts";
import type { Disk } from "../disk/disk.ts";
import { DurableLog } from "../durable-log.ts";
import { type Identity, identityTag } from "../identity.ts";
import { STORAGE_LIMITS, type StorageLimits } from "../limits.ts";
import type { MarkFile } from "../mark-file.ts";
import type { LiveLog } from "../segments/live-log.ts";
import type { LogStanding } from "../segments/log-writer.ts";
import { SnapshotFile } from "../snapshots/snapshot-file.ts";
import { type SnapshotScan, scanSnapshot } from "../snapshots/snapshot-scan.ts";
import { type IncomingSnapshot, SnapshotStore } from "../snapshots/snapshot-store.ts";
import { StorageLife } from "../storage-life.ts";
import type { VoteFile } from "../vote-file.ts";

/** Where a log lies, whose it is, and its bounds. */
export interface LogPlace {
  readonly disk: Disk;
  readonly identity: Identity;
  readonly limits: StorageLimits;
}

export function placeOfLog(
  disk: Disk,
  identity: Identity,
  limits: Partial<StorageLimits> = {},
): LogPlace {
  return { disk, identity, limits: { ...STORAGE_LIMITS, ...limits } };
}

/** The files that a log writes to beside its segments. */
export interface LogFiles {
  readonly vote: VoteFile;
  readonly mark: MarkFile;
  /** Whole snapshots, one at least. */
  readonly whole: readonly SnapshotScan[];
  readonly incoming: IncomingSnapshot | undefined;
}

/** Something that is open. */
export interface Closable {
  close(): Promise<void>;
}

/** Runs `call`, which notes what it opens. */
export async function opening<T>(
  disk: Disk,
  action: string,
  call: (opened: Closable[]) => Promise<T>,
): Promise<T> {
  const opened: Closable[] = [];
  try {
    return await new StorageLife(disk.path).attempt(action, () => call(opened));
  } catch (error) {
    await Promise.allSettled(opened.map((file) => file.close()));
    throw error;
  }
}

export function buildLog(
  at: LogPlace,
  { vote, mark, whole, incoming }: LogFiles,
  live: LiveLog,
  standing: LogStanding,
): DurableLog {
  const life = new StorageLife(at.disk.path);
  const attempt = life.attempt.bind(life);
  const snapshots = new SnapshotStore({ ...at, attempt }, whole, incoming);
  return new DurableLog({ ...at, live, vote, mark, snapshots }, standing, life);
}

/**
 * Writes a snapshot of nothing, which says who the members are. Names of other files that must be
 * there with it are made durable first.
 */
export async function writeFounding(
  disk: Disk,
  identity: Identity,
  membership: Membership,
): Promise<SnapshotScan> {
  await disk.syncFolder();
  const meta = { index: logIndex(0), term: term(0), membership };
  const file = await SnapshotFile.create(disk, identity, "writing", meta);
  const name = await file.publish(disk).finally(() => file.close());
  return scanSnapshot(disk, name, { kind: "snapshot", index: 0, term: 0 }, identityTag(identity));
}
