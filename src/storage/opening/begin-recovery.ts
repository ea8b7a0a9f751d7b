/**
 * Lets a member start over that has lost what it had acknowledged.
 */

import { assert } from "../../base/assert.ts";
import type { Membership } from "../../raft/log-entry.ts";
import type { Disk } from "../disk/disk.ts";
import type { DurableLog } from "../durable-log.ts";
import { MARK_FILE, VOTE_FILE } from "../file-names.ts";
import { type Identity, identityTag } from "../identity.ts";
import type { StorageLimits } from "../limits.ts";
import { MarkFile, NO_MARK } from "../mark-file.ts";
import { writeRecovery } from "../recovery-file.ts";
import { LiveLog } from "../segments/live-log.ts";
import { certainVote, judge } from "../survey/judge.ts";
import { surveyFolder } from "../survey/survey.ts";
import { VoteFile } from "../vote-file.ts";
import { nextSequenceOf, putAside } from "./leftovers.ts";
import { buildLog, opening, placeOfLog, writeFounding } from "./opening.ts";

/** Of a member that has lost who is in its group; its leader will tell. */
const NO_MEMBERS: Membership = { voters: [], learners: [] };

/**
 * Begins the recovery of a folder that `openLog` has called damaged. The log that comes of it says so
 * (`isRecovering`) until `persist({ recovered: true })`, also after crashes; as long, the member must
 * not vote. A group of one must not do this: nobody could give it back what is lost.
 *
 * It keeps the term and the vote as far as they are certain, and the youngest snapshot that is whole.
 * The entries behind that come from the group again: of those before the damage, the last may have
 * been truncated by records that are lost, so none can be told to be what the group has. No segment
 * is removed; all are put aside under other names until the recovery is over.
 *
 * @throws SheafError `NO_SPACE`, `DATA_FAILED`; after either, it can be begun again.
 */
export function beginRecovery(
  disk: Disk,
  identity: Identity,
  limits?: Partial<StorageLimits>,
): Promise<DurableLog> {
  return opening(disk, "begin a recovery", async (opened) => {
    const tag = identityTag(identity);
    const survey = await surveyFolder(disk, tag);
    const { verdict, newest } = judge(survey);
    assert(verdict.kind === "damaged", "a recovery begins with a damaged folder");
    const { names } = survey;
    // From here on, whatever crashes, the folder counts as damaged until this is through.
    await writeRecovery(disk, tag, "clearing");
    await putAside(disk, survey);
    const certain = certainVote(verdict.certain);
    const version = survey.vote.state === "sound" ? survey.vote.vote.version : 0;
    const voted = { ...certain, version };
    const vote = await VoteFile.open(disk, names.includes(VOTE_FILE), tag, voted);
    opened.push(vote);
    const mark = await MarkFile.open(disk, names.includes(MARK_FILE), tag, NO_MARK);
    opened.push(mark);
    const whole = survey.snapshots.filter((scan) => scan.state === "snapshot" && scan.whole);
    if (whole.length === 0) whole.push(await writeFounding(disk, identity, NO_MEMBERS));
    await writeRecovery(disk, tag, "refetching");
    const { index, term } = newest?.meta ?? { index: 0, term: 0 };
    const files = { vote, mark, whole, incoming: undefined };
    return buildLog(placeOfLog(disk, identity, limits), files, new LiveLog({ index, term }), {
      hardState: certain,
      isRecovering: true,
      segments: [],
      end: undefined,
      nextSequence: nextSequenceOf(names),
    });
  });
}
