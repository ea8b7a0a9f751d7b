/**
 * Makes the log of a member that has none.
 */

import { assert } from "../../base/assert.ts";
import type { Membership } from "../../raft/log-entry.ts";
import type { Disk } from "../disk/disk.ts";
import type { DurableLog } from "../durable-log.ts";
import { MARK_FILE, VOTE_FILE } from "../file-names.ts";
import { type Identity, identityTag } from "../identity.ts";
import type { StorageLimits } from "../limits.ts";
import { MarkFile, NO_MARK } from "../mark-file.ts";
import { LiveLog } from "../segments/live-log.ts";
import { judge } from "../survey/judge.ts";
import { surveyFolder } from "../survey/survey.ts";
import { NO_VOTE, VoteFile } from "../vote-file.ts";
import { leftoversOf, removeFiles } from "./leftovers.ts";
import { buildLog, opening, placeOfLog, writeFounding } from "./opening.ts";

/**
 * Makes a log in a folder that `openLog` has called new. `membership` is what the group begins with;
 * a member that joins a group begins with none.
 *
 * @throws SheafError `NO_SPACE`, `DATA_FAILED`.
 */
export function createLog(
  disk: Disk,
  identity: Identity,
  membership: Membership,
  limits?: Partial<StorageLimits>,
): Promise<DurableLog> {
  return opening(disk, "make a log", async (opened) => {
    const tag = identityTag(identity);
    const survey = await surveyFolder(disk, tag);
    assert(judge(survey).verdict.kind === "new", "a log is made in a new folder");
    await removeFiles(disk, leftoversOf(survey));
    const { names } = survey;
    const vote = await VoteFile.open(disk, names.includes(VOTE_FILE), tag, NO_VOTE);
    opened.push(vote);
    const mark = await MarkFile.open(disk, names.includes(MARK_FILE), tag, NO_MARK);
    opened.push(mark);
    // The snapshot comes last: a folder that has one has all the others.
    const founding = await writeFounding(disk, identity, membership);
    const files = { vote, mark, whole: [founding], incoming: undefined };
    return buildLog(placeOfLog(disk, identity, limits), files, new LiveLog({ index: 0, term: 0 }), {
      hardState: { term: NO_VOTE.term, votedFor: NO_VOTE.votedFor },
      isRecovering: false,
      segments: [],
      end: undefined,
      nextSequence: 1,
    });
  });
}
