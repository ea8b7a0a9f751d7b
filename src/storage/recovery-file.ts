/**
 * The note that a member has lost what it had acknowledged. It is there from before anything of the
 * damage is touched until the group has brought the member up to date, whatever crashes come between;
 * as long as it is, the member must not vote (src/raft, recovery).
 */

import type { Disk } from "./disk/disk.ts";
import { RECOVERY_FILE } from "./file-names.ts";
import { readLone, writeLone } from "./record/lone-record.ts";
import { placeOf } from "./record/record.ts";

/**
 * - `"clearing"`: what is left of the damaged log is being put aside; nothing else may be done here
 * - `"refetching"`: the log is sound, and lacks what was lost
 */
export type RecoveryPhase = "clearing" | "refetching";

/** The phase that the folder is in; `"clearing"` where the note cannot be read. */
export async function readRecovery(
  disk: Disk,
  names: readonly string[],
  tag: number,
): Promise<RecoveryPhase | undefined> {
  if (!names.includes(RECOVERY_FILE)) return undefined;
  const file = await disk.open(RECOVERY_FILE, "read");
  try {
    const reading = await readLone(file, placeOf(RECOVERY_FILE, tag), 0, "recovery");
    if (reading.state !== "sound") return "clearing";
    return reading.payload.toString() as RecoveryPhase;
  } finally {
    await file.close();
  }
}

/** Notes a phase durably, in one step. */
export async function writeRecovery(disk: Disk, tag: number, phase: RecoveryPhase): Promise<void> {
  const temporary = `${RECOVERY_FILE}.new`;
  if ((await disk.list()).includes(temporary)) await disk.unlink(temporary);
  const file = await disk.open(temporary, "create");
  try {
    const payload = Buffer.from(phase);
    const content = { kind: "recovery", index: 0, term: 0, payload } as const;
    await writeLone(file, placeOf(RECOVERY_FILE, tag), 0, content);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, RECOVERY_FILE);
  await disk.syncFolder();
}

/** The member has recovered. */
export async function removeRecovery(disk: Disk): Promise<void> {
  await disk.unlink(RECOVERY_FILE);
  await disk.syncFolder();
}
