/**
 * Opens the log of a folder, or says why it may not be used: `createLog` makes one in a new folder,
 * `beginRecovery` lets a member start over whose folder is damaged. The caller owns the folder
 * (folder-lock.ts) until the log is closed.
 */

import { assert } from "../../base/assert.ts";
import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import type { Disk } from "../disk/disk.ts";
import { rewriteTail } from "../disk/rewrite-tail.ts";
import type { DurableLog } from "../durable-log.ts";
import { segmentName } from "../file-names.ts";
import { type Identity, identityTag } from "../identity.ts";
import type { StorageLimits } from "../limits.ts";
import { MarkFile, NO_MARK } from "../mark-file.ts";
import type { LiveLog } from "../segments/live-log.ts";
import type { SnapshotScan } from "../snapshots/snapshot-scan.ts";
import { type IncomingSnapshot, SnapshotStore } from "../snapshots/snapshot-store.ts";
import { checkOwner } from "../survey/folder-owner.ts";
import { judge } from "../survey/judge.ts";
import { type Survey, surveyFolder } from "../survey/survey.ts";
import type { Verdict } from "../survey/verdict.ts";
import { VoteFile } from "../vote-file.ts";
import { leftoversOf, nextSequenceOf, removeFiles } from "./leftovers.ts";
import { buildLog, type Closable, type LogPlace, opening, placeOfLog } from "./opening.ts";

/** What a folder is, with its log where that may be used. */
export type Opening =
  | { readonly verdict: Extract<Verdict, { kind: "intact" }>; readonly log: DurableLog }
  | { readonly verdict: Extract<Verdict, { kind: "new" | "damaged" }>; readonly log: undefined };

/**
 * Reads a folder to its last byte, and opens its log if all that was acknowledged is there. A torn
 * tail is cut off, and the verdict says so. A damaged folder stays as it is.
 *
 * @throws SheafError `DATA_MISMATCH` for a folder of another member or format; `NO_SPACE`,
 * `DATA_FAILED`.
 */
export function openLog(
  disk: Disk,
  identity: Identity,
  limits?: Partial<StorageLimits>,
): Promise<Opening> {
  return opening(disk, "open the log", async (opened) => {
    await checkOwner(disk, identity);
    const survey = await surveyFolder(disk, identityTag(identity));
    const { verdict, newest } = judge(survey);
    if (verdict.kind !== "intact") return { verdict, log: undefined };
    assert(newest !== undefined, "an intact folder has a snapshot");
    const at = placeOfLog(disk, identity, limits);
    return { verdict, log: await openIntact(at, survey, newest, opened) };
  });
}

async function openIntact(
  at: LogPlace,
  survey: Survey,
  newest: StoredSnapshot,
  opened: Closable[],
): Promise<DurableLog> {
  const { disk, identity } = at;
  const { tail, vote, mark } = survey;
  const tag = identityTag(identity);
  assert(vote.state === "sound", "an intact folder has a vote");
  await disk.syncFolder();
  const incoming = await keepIncoming(at, survey, newest);
  if (incoming !== undefined) opened.push(incoming.file);
  await removeFiles(disk, leftoversOf(survey));
  if (tail !== undefined) await rewriteTail(disk, segmentName(tail.segment), tail.from, tail.to);
  const { live, beginsAnew } = liveBehind(newest, survey.replay.live);
  const voteFile = await VoteFile.open(disk, true, tag, vote.vote);
  opened.push(voteFile);
  const marked = mark.state === "sound" ? mark.mark : NO_MARK;
  const commitIndex = Math.min(marked.commitIndex, live.lastIndex);
  const place = tail === undefined ? NO_MARK : { segment: tail.segment, offset: tail.to };
  const isMarkThere = mark.state !== "absent";
  const markFile = await MarkFile.open(disk, isMarkThere, tag, { ...place, commitIndex });
  opened.push(markFile);
  const whole = survey.snapshots.filter((scan) => scan.state === "snapshot" && scan.whole);
  const end = tail === undefined ? undefined : { sequence: tail.segment, endOffset: tail.to };
  return buildLog(at, { vote: voteFile, mark: markFile, whole, incoming }, live, {
    hardState: { term: vote.vote.term, votedFor: vote.vote.votedFor },
    isRecovering: survey.recovery !== undefined,
    segments: survey.segments.filter(({ isVoid }) => !isVoid).map(({ sequence }) => sequence),
    end: beginsAnew ? undefined : end,
    nextSequence: nextSequenceOf(survey.names),
  });
}

/**
 * The live log behind a snapshot. Where the log does not reach it, or has another entry there, a crash
 * came between the snapshot's installation and the log's new beginning, and the log is void.
 */
function liveBehind(
  { meta: { index, term } }: StoredSnapshot,
  live: LiveLog,
): { readonly live: LiveLog; readonly beginsAnew: boolean } {
  const found = live.base.index === index ? (live.base.term ?? term) : live.termAt(index);
  const beginsAnew = live.lastIndex < index || found !== term;
  if (beginsAnew) live.restart({ index, term });
  else live.compact(index);
  // Also where the record that had it is lost.
  live.nameBase(term);
  return { live, beginsAnew };
}

/** Goes on with a snapshot that was being received, where it is still wanted and may become whole. */
async function keepIncoming(
  { disk, identity }: LogPlace,
  { snapshots }: Survey,
  newest: StoredSnapshot,
): Promise<IncomingSnapshot | undefined> {
  const received = snapshots.filter(({ state }) => state === "incoming");
  const kept = received
    .filter((scan) => scan.index > newest.meta.index && mayBecomeWhole(scan))
    .sort((a, b) => b.index - a.index)[0];
  const others = received.filter((scan) => scan !== kept).map(({ name }) => name);
  await removeFiles(disk, others);
  if (kept === undefined) return undefined;
  await rewriteTail(disk, kept.name, kept.durableTo, kept.endOffset);
  return SnapshotStore.resume(disk, identity, kept);
}

function mayBecomeWhole({ header, soundBytes, checksum }: SnapshotScan): boolean {
  const expected = header?.expected;
  if (expected === undefined || soundBytes > expected.sizeBytes) return false;
  return soundBytes < expected.sizeBytes || checksum === expected.checksum;
}
