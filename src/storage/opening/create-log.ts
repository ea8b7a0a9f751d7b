/**
 * Makes the log of a member that has none.
 */

import { assert } from "../../base/assert.ts";
import { emptyBase } from "../../raft/entry-log.ts";
import type { Membership } from "../../raft/log-entry.ts";
import type { Disk } from "../disk/disk.ts";
import type { DurableLog } from "../durable-log.ts";
import { type Identity, identityTag } from "../identity.ts";
import type { StorageLimits } from "../limits.ts";
import { SnapshotFile } from "../snapshots/snapshot-file.ts";
import { createState, NO_VOTE } from "../state-file.ts";
import { StorageLife } from "../storage-life.ts";
import { judge } from "./judge.ts";
import { openLog } from "./open-log.ts";
import { surveyFolder } from "./survey.ts";

/**
 * Makes a log in a folder that `openLog` has called new. `membership` is what the group begins with;
 * a member that joins a group begins with none.
 *
 * @throws SheafError `NO_SPACE`, `DATA_FAILED`.
 */
export async function createLog(
  disk: Disk,
  identity: Identity,
  membership: Membership,
  limits: Partial<StorageLimits> = {},
): Promise<DurableLog> {
  await new StorageLife(disk.path).attempt("make a log", async () => {
    assert(judge(await surveyFolder(disk, identity)).kind === "new", "a log is made once");
    await createState(disk, identity, NO_VOTE);
    // It comes last: a folder that has a snapshot has all the rest.
    await writeFounding(disk, identity, membership);
  });
  const { log } = await openLog(disk, identity, limits);
  assert(log !== undefined, "a log that was just made is intact");
  return log;
}

/** Writes a snapshot of nothing, which says who the members are. */
export async function writeFounding(
  disk: Disk,
  identity: Identity,
  membership: Membership,
): Promise<void> {
  const file = await SnapshotFile.create(disk, identityTag(identity), emptyBase(membership));
  await file.publish().finally(() => file.close());
}
