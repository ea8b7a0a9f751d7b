/**
 * What a survey has found that is of no use any more: left behind by crashes, or damaged.
 */

import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import { parseFileName, snapshotName } from "../file-names.ts";
import type { SnapshotHead } from "../snapshots/snapshot-file.ts";
import type { SnapshotScan } from "../snapshots/snapshot-scan.ts";
import type { Survey } from "./survey.ts";

export interface SortedFiles {
  /** To be removed, from the first to the last. */
  readonly useless: readonly string[];
  /** Segments from before a recovery, which stay until that is over. */
  readonly abandoned: readonly string[];
  /** A snapshot that was being received, where it is still wanted and may become whole. */
  readonly incoming: SnapshotHead | undefined;
}

export function sortFiles(survey: Survey, newest: StoredSnapshot): SortedFiles {
  const { names, recovery, segments, snapshots } = survey;
  const incoming = snapshots
    .filter(({ kind, head }) => kind === "incoming" && mayBecomeWhole(head, newest))
    .at(-1);
  const inUse = new Set([snapshotName("snapshot", newest.meta), incoming?.name]);
  const log = new Set(segments.map(({ sequence }) => sequence));
  const since = typeof recovery === "object" ? recovery.fromSequence : 0;
  const useless: string[] = [];
  const abandoned: string[] = [];
  for (const name of names) {
    const parsed = parseFileName(name);
    const { kind } = parsed;
    if (kind === "new") useless.push(name);
    if ((kind === "snapshot" || kind === "incoming") && !inUse.has(name)) useless.push(name);
    if (kind !== "segment" || log.has(parsed.sequence)) continue;
    (parsed.sequence < since ? abandoned : useless).push(name);
  }
  return { useless, abandoned, incoming: incoming?.head };
}

/** A number that no segment in the folder has. */
export function nextSequenceOf(names: readonly string[]): number {
  const sequences = names.map((name) => {
    const parsed = parseFileName(name);
    return parsed.kind === "segment" ? parsed.sequence : 0;
  });
  return Math.max(0, ...sequences) + 1;
}

function mayBecomeWhole(head: SnapshotScan["head"], newest: StoredSnapshot): boolean {
  if (head === undefined || head.snapshot.meta.index <= newest.meta.index) return false;
  const { snapshot, received } = head;
  if (received.sizeBytes < snapshot.sizeBytes) return true;
  return received.sizeBytes === snapshot.sizeBytes && received.checksum === snapshot.checksum;
}
