/**
 * The data folder of a member, from its lock to its log: made where it is new, opened where it is
 * intact. What a damaged one has lost comes from the other members; where there are none, nobody may
 * go on with it.
 */

import { SheafError } from "../base/error.ts";
import type { Membership } from "../raft/log-entry.ts";
import { membersOf } from "../raft/membership.ts";
import { FolderDisk } from "../storage/disk/folder-disk.ts";
import { lockFolder } from "../storage/disk/folder-lock.ts";
import type { DurableLog } from "../storage/durable-log.ts";
import type { Identity } from "../storage/identity.ts";
import type { StorageLimits } from "../storage/limits.ts";
import { beginRecovery } from "../storage/opening/begin-recovery.ts";
import { createLog } from "../storage/opening/create-log.ts";
import { openLog } from "../storage/opening/open-log.ts";
import type { Verdict } from "../storage/verdict.ts";

/** Whose folder it is, and what to do if it is new. */
export interface DataFolderOptions {
  readonly path: string;
  readonly identity: Identity;
  /** What the group began with; a member that joins a group that is there begins with none. */
  readonly membership: Membership;
  /**
   * The member has been in use, and its disk is gone: a new folder is no beginning then. It gets its
   * log from the others, and has no vote before.
   */
  readonly hasLostDisk?: boolean;
  readonly limits?: Partial<StorageLimits>;
}

/** A folder that this process owns, with its log. */
export class DataFolder {
  readonly log: DurableLog;
  /** What the folder was found to be. */
  readonly verdict: Verdict;
  readonly #release: () => Promise<void>;

  private constructor(log: DurableLog, verdict: Verdict, release: () => Promise<void>) {
    this.log = log;
    this.verdict = verdict;
    this.#release = release;
  }

  /**
   * @throws SheafError `DATA_IN_USE`, `DATA_MISMATCH`, `NO_SPACE`, and `DATA_FAILED`, also where
   * something is lost that no other member has.
   */
  static async open(options: DataFolderOptions): Promise<DataFolder> {
    const disk = await FolderDisk.make(options.path);
    const lock = await lockFolder(options.path);
    try {
      const { identity, limits } = options;
      const opening = await openLog(disk, identity, limits);
      const log = opening.log ?? (await begin(disk, options, opening.verdict));
      return new DataFolder(log, opening.verdict, () => lock.release());
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
      await this.#release();
    }
  }
}

function begin(
  disk: FolderDisk,
  { identity, membership, hasLostDisk = false, limits }: DataFolderOptions,
  verdict: Verdict,
): Promise<DurableLog> {
  const isLost = verdict.kind === "damaged" || hasLostDisk;
  if (!isLost) return createLog(disk, identity, membership, limits);
  const [first, ...others] = membersOf(membership);
  if (first === identity.member && others.length === 0) throw beyondRepair(disk.path, verdict);
  return beginRecovery(disk, identity, limits);
}

function beyondRepair(path: string, verdict: Verdict): SheafError {
  const [fault] = verdict.kind === "damaged" ? verdict.faults : [];
  const what = fault === undefined ? "its disk is gone" : `${fault.file} ${fault.what}`;
  return new SheafError(
    "DATA_FAILED",
    `Cannot start with the data in ${path}: ${what}, and this master is the only one of its group, so ` +
      `nobody can give back what is lost. "sheaf doctor ${path}" tells all that is damaged. Restore ` +
      "the folder from a copy of it, or begin anew in another folder, without the jobs of this one.",
    { data: { path } },
  );
}
