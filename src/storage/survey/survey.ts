/**
 * Reads all of a data folder and changes nothing: what `openLog` acts upon, and what `inspect` tells.
 */

import type { Disk } from "../disk/disk.ts";
import { parseFileName } from "../file-names.ts";
import { type MarkReading, NO_MARK, readMark } from "../mark-file.ts";
import { type RecoveryPhase, readRecovery } from "../recovery-file.ts";
import { type SnapshotScan, scanSnapshot } from "../snapshots/snapshot-scan.ts";
import { readVote, type VoteReading } from "../vote-file.ts";
import { type LogSurvey, surveyLog } from "./log-survey.ts";

/** All that a folder holds. */
export interface Survey extends LogSurvey {
  readonly names: readonly string[];
  readonly vote: VoteReading;
  readonly mark: MarkReading;
  readonly recovery: RecoveryPhase | undefined;
  /** Whole or not, being received or written. */
  readonly snapshots: readonly SnapshotScan[];
}

/** Surveys the folder of the member with this tag. */
export async function surveyFolder(disk: Disk, tag: number): Promise<Survey> {
  const names = [...(await disk.list())].sort();
  const vote = await readVote(disk, names, tag);
  const mark = await readMark(disk, names, tag);
  const recovery = await readRecovery(disk, names, tag);
  const snapshots: SnapshotScan[] = [];
  for (const name of names) {
    const parsed = parseFileName(name);
    if (parsed.kind === "snapshot" || parsed.kind === "incoming" || parsed.kind === "writing") {
      snapshots.push(await scanSnapshot(disk, name, parsed, tag));
    }
  }
  const log = await surveyLog(disk, names, tag, mark.state === "sound" ? mark.mark : NO_MARK);
  return { names, vote, mark, recovery, snapshots, ...log };
}
