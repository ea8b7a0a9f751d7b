/**
 * Reads all of a data folder to its last byte, and changes nothing.
 */

import type { Disk } from "../disk/disk.ts";
import { parseFileName, RECOVERY_FILE, STATE_FILE } from "../file-names.ts";
import { type Identity, identityTag } from "../identity.ts";
import { type RecoveryNote, readNote } from "../recovery-note.ts";
import { LogReplay } from "../segments/log-replay.ts";
import { type SegmentScan, scanSegment } from "../segments/segment-scan.ts";
import { type SnapshotScan, scanSnapshot } from "../snapshots/snapshot-scan.ts";
import { type Mark, readState, type StateReading } from "../state-file.ts";

/** All that a folder holds. */
export interface Survey {
  readonly names: readonly string[];
  readonly state: StateReading | undefined;
  /** `"damaged"`: it is there, and cannot be read. */
  readonly recovery: RecoveryNote | "damaged" | undefined;
  /** Whole or not, being received or not. */
  readonly snapshots: readonly SnapshotScan[];
  /** Those that make the log. */
  readonly segments: readonly SegmentScan[];
  readonly replay: LogReplay;
}

/** @throws SheafError `DATA_MISMATCH` for the folder of another member or format. */
export async function surveyFolder(disk: Disk, identity: Identity): Promise<Survey> {
  const tag = identityTag(identity);
  const names = [...(await disk.list())].sort();
  const state = names.includes(STATE_FILE) ? await readState(disk, identity) : undefined;
  const hasNote = names.includes(RECOVERY_FILE);
  const recovery = hasNote ? ((await readNote(disk, tag)) ?? "damaged") : undefined;
  const since = typeof recovery === "object" ? recovery.fromSequence : 0;
  const snapshots: SnapshotScan[] = [];
  const found: SegmentScan[] = [];
  for (const name of names) {
    const parsed = parseFileName(name);
    if (parsed.kind === "snapshot" || parsed.kind === "incoming") {
      snapshots.push(await scanSnapshot(disk, name, parsed, tag));
    } else if (parsed.kind === "segment" && parsed.sequence >= since) {
      found.push(await scanSegment(disk, parsed.sequence, tag));
    }
  }
  const segments = chainOf(found, state?.mark);
  const replay = new LogReplay(segments, state?.mark);
  return { names, state, recovery, snapshots, segments, replay };
}

/**
 * The segments that make the log: from the last on that begins it anew, or whose predecessor was
 * removed. Older ones are what a crash has left of a removal; if they are not, what is missing is
 * found by its indices.
 */
function chainOf(found: readonly SegmentScan[], mark: Mark | undefined): readonly SegmentScan[] {
  const isUnfinished = ({ header, sequence, found }: SegmentScan): boolean =>
    header === undefined &&
    found.every(({ record }) => record === undefined) &&
    (mark?.segment ?? Infinity) < sequence;
  const finished = found.slice(0, found.findLastIndex((segment) => !isUnfinished(segment)) + 1);
  const first = finished.findLastIndex(
    ({ header }, i) =>
      header !== undefined && header.previous?.sequence !== finished[i - 1]?.sequence,
  );
  return finished.slice(Math.max(0, first));
}
