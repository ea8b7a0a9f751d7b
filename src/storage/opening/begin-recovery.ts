/**
 * Lets a member start over that has lost what it had acknowledged.
 */

import { assert } from "../../base/assert.ts";
import { term } from "../../base/ids.ts";
import type { Membership } from "../../raft/log-entry.ts";
import type { Disk } from "../disk/disk.ts";
import type { DurableLog } from "../durable-log.ts";
import { type Identity, identityTag } from "../identity.ts";
import type { StorageLimits } from "../limits.ts";
import { writeNote } from "../recovery-note.ts";
import { createState, type Vote } from "../state-file.ts";
import { StorageLife } from "../storage-life.ts";
import { writeFounding } from "./create-log.ts";
import { judge, newestOf } from "./judge.ts";
import { nextSequenceOf } from "./leftovers.ts";
import { openLog } from "./open-log.ts";
import { type Survey, surveyFolder } from "./survey.ts";

/**
 * Begins the recovery of a folder that `openLog` has called damaged, or new: then the member may have
 * been in use, on a disk that is gone. `membership` is what the group begins with, for where nothing
 * tells of a later one; a member that joins a group knows none. The log that comes of it says so
 * (`isRecovering`) until `persist({ recovered: true })`, also after crashes; as long, the member must not
 * vote (`RaftOptions.recovering`). A group of one must not do this: nobody could give it back what is lost.
 *
 * It keeps the youngest snapshot that is whole, and term and vote as far as they are known. All
 * entries come from the group again: of those before the damage, the last may have been truncated by
 * what is lost. The segments stay in the folder until then.
 *
 * @throws SheafError `DATA_MISMATCH`, `NO_SPACE`, `DATA_FAILED`. After a crash it is begun again.
 */
export async function beginRecovery(
  disk: Disk,
  identity: Identity,
  membership: Membership,
  limits: Partial<StorageLimits> = {},
): Promise<DurableLog> {
  await new StorageLife(disk.path).attempt("begin a recovery", async () => {
    const survey = await surveyFolder(disk, identity);
    assert(judge(survey).kind !== "intact", "a recovery begins where something is lost");
    // The note comes first: whatever crashes from here on, the member knows that it may not vote.
    const note = { fromSequence: nextSequenceOf(survey.names) };
    await writeNote(disk, identityTag(identity), note);
    await createState(disk, identity, knownVote(survey));
    // It comes last, as where a log is made: a folder that has a snapshot has all the rest.
    if (newestOf(survey) === undefined) await writeFounding(disk, identity, membership);
  });
  const { log } = await openLog(disk, identity, limits);
  assert(log !== undefined, "a folder is intact when its recovery has begun");
  return log;
}

/** The highest term that anything tells of, and the vote in it, where that is known. */
function knownVote(survey: Survey): Vote {
  const { state, replay } = survey;
  const ofLog = Math.max(replay.entries.at(-1)?.term ?? 0, newestOf(survey)?.meta.term ?? 0);
  if (state?.vote !== undefined && state.vote.term >= ofLog) return state.vote;
  return { term: term(ofLog), votedFor: undefined };
}
