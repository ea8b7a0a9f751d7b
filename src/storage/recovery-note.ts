/**
 * The note that a member has lost what it had acknowledged. It is there, in one step, before anything
 * else of the folder changes, and until the group has brought the member up to date, whatever crashes
 * come between. As long as it is, the member must not vote (src/raft/recovery.ts).
 */

import { type Disk, removeFiles, replaceFile } from "./disk/disk.ts";
import { RECOVERY_FILE } from "./file-names.ts";
import { readPage, writePage } from "./record/page.ts";
import { placeOf } from "./record/record.ts";

export interface RecoveryNote {
  /** Segments with lower numbers are no part of the log any more. */
  readonly fromSequence: number;
}

/** The note of a folder that has one; `undefined` if it is damaged. */
export async function readNote(disk: Disk, tag: number): Promise<RecoveryNote | undefined> {
  const file = await disk.open(RECOVERY_FILE, "read");
  try {
    return await readPage<RecoveryNote>(file, placeOf(RECOVERY_FILE, tag), 0);
  } finally {
    await file.close();
  }
}

export function writeNote(disk: Disk, tag: number, note: RecoveryNote): Promise<void> {
  const place = placeOf(RECOVERY_FILE, tag);
  return replaceFile(disk, RECOVERY_FILE, (file) => writePage(file, place, 0, note));
}

/** The member has recovered. */
export function removeNote(disk: Disk): Promise<void> {
  return removeFiles(disk, [RECOVERY_FILE]);
}
