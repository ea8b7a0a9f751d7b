/**
 * Reads a snapshot's file from end to end: what it says to be, and whether its bytes are those.
 */

import { crc32 } from "node:zlib";
import { isSameSnapshot, type StoredSnapshot } from "../../raft/stored-snapshot.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { readThrough } from "../disk/lost-bytes.ts";
import { READ_BYTES } from "../limits.ts";
import { readPage } from "../record/page.ts";
import {
  type Received,
  SNAPSHOT_BYTES_OFFSET,
  type SnapshotHead,
  snapshotPlace,
} from "./snapshot-file.ts";

/** A file of a snapshot, as it was found. */
export interface SnapshotScan {
  readonly name: string;
  readonly kind: "snapshot" | "incoming";
  /** What is there for certain; `undefined` if the file is damaged. */
  readonly head: SnapshotHead | undefined;
}

/** The snapshot of a file that holds all of it. */
export function wholeOf({ kind, head }: SnapshotScan): StoredSnapshot | undefined {
  if (kind !== "snapshot" || head === undefined) return undefined;
  const there = { meta: head.snapshot.meta, ...head.received };
  return isSameSnapshot(there, head.snapshot) ? head.snapshot : undefined;
}

export async function scanSnapshot(
  disk: Disk,
  name: string,
  parsed: { readonly kind: SnapshotScan["kind"]; readonly index: number; readonly term: number },
  tag: number,
): Promise<SnapshotScan> {
  const { kind } = parsed;
  const file = await disk.open(name, "read");
  try {
    const head = await readPage<SnapshotHead>(file, snapshotPlace(parsed, tag), 0);
    const isSound = head !== undefined && (await isThere(file, head.received));
    return { name, kind, head: isSound ? head : undefined };
  } finally {
    await file.close();
  }
}

/** Whether the bytes of a file match their checksum, and are all there. */
async function isThere(file: DiskFile, { sizeBytes, checksum }: Received): Promise<boolean> {
  const end = SNAPSHOT_BYTES_OFFSET + sizeBytes;
  if ((await file.size()) < end) return false;
  let found = 0;
  for (let at = SNAPSHOT_BYTES_OFFSET; at < end; at += READ_BYTES) {
    const bytes = Buffer.alloc(Math.min(READ_BYTES, end - at));
    await readThrough(file, bytes, at);
    found = crc32(bytes, found);
  }
  return found === checksum;
}
