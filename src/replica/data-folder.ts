/**
 * The data folder of a member, from its lock to its log: made where it is new, opened where it is
 * intact. What a damaged one has lost comes from the other members; where there are none, nobody may
 * go on with it.
 */

import { SheafError } from "../base/error.ts";
import type { Membership } from "../raft/log-entry.ts";
import { membersOf } from "../raft/membership.ts";
import type { Disk } from "../storage/disk/disk.ts";
import { FolderDisk } from "../storage/disk/folder-disk.ts";
import { type FolderLock, lockFolder } from "../storage/disk/folder-lock.ts";
import type { DurableLog } from "../storage/durable-log.ts";
import type { Identity } from "../storage/identity.ts";
import type { StorageLimits } from "../storage/limits.ts";
import { beginRecovery } from "../storage/opening/begin-recovery.ts";
import { createLog } from "../storage/opening/create-log.ts";
import { openLog } from "../storage/opening/open-log.ts";
import type { Fault, Verdict } from "../storage/verdict.ts";

/** Whose log it is, and what to do if there is none. */
export interface ReplicaLogOptions {
  readonly identity: Identity;
  /** What the group began with; a member that joins a group that is there begins with none. */
  readonly membership: Membership;
  readonly limits?: Partial<StorageLimits>;
}

/** A log that its member may go on with, and what its disk was found to be. */
export interface OpenedLog {
  readonly log: DurableLog;
  readonly verdict: Verdict;
}

/** A folder that this process owns, with its log. */
export class DataFolder implements OpenedLog {
  readonly log: DurableLog;
  readonly verdict: Verdict;
  readonly #lock: FolderLock;

  private constructor({ log, verdict }: OpenedLog, lock: FolderLock) {
    this.log = log;
    this.verdict = verdict;
    this.#lock = lock;
  }

  /**
   * @throws SheafError `DATA_IN_USE`, `DATA_MISMATCH`, `NO_SPACE`, and `DATA_FAILED`, also where
   * something is lost that no other member has.
   */
  static async open(path: string, options: ReplicaLogOptions): Promise<DataFolder> {
    const disk = await FolderDisk.make(path);
    const lock = await lockFolder(path);
    try {
      return new DataFolder(await openReplicaLog(disk, options), lock);
    } catch (thrown) {
      await lock.release();
      throw thrown;
    }
  }

  /** Closes the log and gives up the folder; its replica must be closed before. */
  async close(): Promise<void> {
    try {
      await this.log.close();
    } finally {
      await this.#lock.release();
    }
  }
}

/**
 * Opens the log of a disk that nobody else uses, or begins one.
 *
 * @throws SheafError as `DataFolder.open` does, but for `DATA_IN_USE`.
 */
export async function openReplicaLog(disk: Disk, options: ReplicaLogOptions): Promise<OpenedLog> {
  const { log, verdict } = await openLog(disk, options.identity, options.limits);
  return { log: log ?? (await begin(disk, options, verdict)), verdict };
}

function begin(
  disk: Disk,
  { identity, membership, limits }: ReplicaLogOptions,
  verdict: Verdict,
): Promise<DurableLog> {
  const [first, ...others] = membersOf(membership);
  const isAlone = first === identity.member && others.length === 0;
  // A new folder may be in the place of one that is gone: the core tells a beginning from a return.
  if (!isAlone) return beginRecovery(disk, identity, membership, limits);
  if (verdict.kind === "damaged") throw beyondRepair(disk.path, verdict.faults);
  return createLog(disk, identity, membership, limits);
}

function beyondRepair(path: string, [fault]: readonly Fault[]): SheafError {
  const what = fault === undefined ? "it is damaged" : `${fault.file} ${fault.what}`;
  return new SheafError(
    "DATA_FAILED",
    `Cannot start with the data in ${path}: ${what}, and this master is the only one of its group, so ` +
      `nobody can give back what is lost. "sheaf doctor ${path}" tells all that is damaged. Restore ` +
      "the folder from a copy of it, or begin anew in another folder, without the jobs of this one.",
    { data: { path } },
  );
}
