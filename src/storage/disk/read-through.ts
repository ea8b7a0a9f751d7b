/**
 * Reading a file whose sectors may be lost: what a verdict needs is all that is left.
 */

import { systemCodeOf } from "../../base/error.ts";
import type { DiskFile } from "./disk.ts";

/** What disks lose at once, at the most. */
const SECTOR_BYTES = 4096;
/** No kind of record, and no zero. */
const LOST_BYTE = 0xff;

/**
 * Reads what can be read. A disk that has lost a sector answers with EIO, for all of a large read;
 * so the read is tried again in sectors, and the lost ones become bytes that are in no record.
 */
export async function readThrough(file: DiskFile, target: Buffer, offset: number): Promise<number> {
  try {
    const filled = await file.read(target, offset);
    // A file that has become shorter meanwhile ends in zeros here, which are no records.
    target.fill(0, filled);
    return filled;
  } catch (error) {
    if (systemCodeOf(error) !== "EIO") throw error;
    if (target.length <= SECTOR_BYTES) {
      target.fill(LOST_BYTE);
      return target.length;
    }
    let filled = 0;
    for (let at = 0; at < target.length; at += SECTOR_BYTES) {
      filled += await readThrough(file, target.subarray(at, at + SECTOR_BYTES), offset + at);
    }
    return filled;
  }
}
