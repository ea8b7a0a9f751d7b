/**
 * Opens the log of a folder, or says why it may not be used: `createLog` makes one in a new folder,
 * `beginRecovery` lets a member start over whose folder is damaged. The caller owns the folder
 * (folder-lock.ts) until the log is closed.
 */

import { assert } from "../../base/assert.ts";
import { logIndex } from "../../base/ids.ts";
import type { LogEntry, SnapshotMeta } from "../../raft/log-entry.ts";
import { type Disk, removeFiles } from "../disk/disk.ts";
import { DurableLog } from "../durable-log.ts";
import { segmentName } from "../file-names.ts";
import { type Identity, identityTag } from "../identity.ts";
import { STORAGE_LIMITS, type StorageLimits } from "../limits.ts";
import type { LogReplay, LogTail } from "../segments/log-replay.ts";
import type { SegmentReach } from "../segments/log-writer.ts";
import type { SegmentScan } from "../segments/segment-scan.ts";
import { SnapshotFile, type SnapshotHead } from "../snapshots/snapshot-file.ts";
import { type IncomingSnapshot, SnapshotStore } from "../snapshots/snapshot-store.ts";
import { StateFile } from "../state-file.ts";
import { StorageLife } from "../storage-life.ts";
import type { Verdict } from "../verdict.ts";
import { judge, newestOf } from "./judge.ts";
import { nextSequenceOf, sortFiles } from "./leftovers.ts";
import { type Survey, surveyFolder } from "./survey.ts";

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
  limits: Partial<StorageLimits> = {},
): Promise<Opening> {
  const life = new StorageLife(disk.path);
  return life.attempt("open the log", async () => {
    const survey = await surveyFolder(disk, identity);
    const verdict = judge(survey);
    if (verdict.kind !== "intact") return { verdict, log: undefined };
    return { verdict, log: await openIntact(disk, identity, limits, survey) };
  });
}

async function openIntact(
  disk: Disk,
  identity: Identity,
  limits: Partial<StorageLimits>,
  survey: Survey,
): Promise<DurableLog> {
  const { state, segments, replay, recovery, names } = survey;
  const { tail } = replay;
  const newest = newestOf(survey);
  assert(state?.vote !== undefined && newest !== undefined, "an intact folder has all its parts");
  const tag = identityTag(identity);
  const { abandoned, useless, incoming } = sortFiles(survey, newest);
  await disk.syncFolder();
  await removeFiles(disk, useless);
  if (tail !== undefined) await mendTail(disk, tail);
  const entries = entriesBehind(newest.meta, replay);
  const last = entries?.at(-1) ?? newest.meta;
  const commitIndex = logIndex(Math.min(state.mark?.commitIndex ?? 0, last.index));
  const mark = { segment: tail?.segment ?? 0, offset: tail?.end ?? 0, commitIndex };
  const stateFile = await StateFile.open(disk, identity, state.vote, mark);
  const transfer = incoming && (await resume(disk, tag, incoming));
  const life = new StorageLife(disk.path);
  const snapshots = new SnapshotStore({ disk, tag, life }, newest, transfer);
  const allLimits = { ...STORAGE_LIMITS, ...limits };
  const parts = { disk, tag, limits: allLimits, state: stateFile, snapshots };
  return new DurableLog(parts, life, entries ?? [], {
    isRecovering: recovery !== undefined,
    segments: segments.map(reachOf),
    abandoned,
    end: entries && tail && { sequence: tail.segment, endOffset: tail.end },
    nextSequence: nextSequenceOf(names),
    last,
  });
}

/**
 * Cuts off what lies behind the end of the log, and makes the rest durable by writing what is not so
 * for certain again. A sync alone would not do. Where the process before ended because an fsync had
 * failed, the kernel shows the bytes and calls them clean, though the disk never got them: a sync says
 * that all is well, and the next loss of power takes them ("Can Applications Recover from fsync
 * Failures?", ATC'20, 3). Bytes that are written again are dirty again.
 */
async function mendTail(disk: Disk, { segment, frontier, end }: LogTail): Promise<void> {
  const file = await disk.open(segmentName(segment), "write");
  try {
    if ((await file.size()) === end && frontier === end) return;
    const bytes = Buffer.alloc(end - frontier);
    await file.read(bytes, frontier);
    await file.write(bytes, frontier);
    await file.truncate(end);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * The entries behind a snapshot. `undefined` where the log does not reach it, or has another entry
 * there: a crash came between the snapshot's installation and the log's new beginning.
 */
function entriesBehind(
  { index, term }: SnapshotMeta,
  replay: LogReplay,
): readonly LogEntry[] | undefined {
  if (replay.termAt(index) !== term) return undefined;
  return replay.entries.slice(index - replay.base.index);
}

async function resume(
  disk: Disk,
  tag: number,
  { snapshot, received }: SnapshotHead,
): Promise<IncomingSnapshot> {
  return { snapshot, file: await SnapshotFile.receive(disk, tag, snapshot, received) };
}

function reachOf({ sequence, header, found }: SegmentScan): SegmentReach {
  const indices = found.map(({ record }) => record?.header.index ?? 0);
  return { sequence, lastIndex: indices.reduce((a, b) => Math.max(a, b), header?.base.index ?? 0) };
}
