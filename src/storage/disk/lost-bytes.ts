/**
 * Reading a file whose sectors may be lost: what a verdict needs is all that is left.
 */

import { systemCodeOf } from "../../base/error.ts";
import { PAGE_BYTES } from "../limits.ts";
import type { DiskFile } from "./disk.ts";

/** No kind of record, and no zero. */
const LOST_BYTE = 0xff;

/**
 * Fills `target` from `offset` on, with zeros behind the file's end. A disk that has lost a sector
 * answers with EIO, for all of a large read; so the read is tried again in pages, and the lost ones
 * become bytes that are in no record.
 */
export async function readThrough(file: DiskFile, target: Buffer, offset: number): Promise<void> {
  try {
    target.fill(0, await file.read(target, offset));
  } catch (error) {
    if (systemCodeOf(error) !== "EIO") throw error;
    if (target.length <= PAGE_BYTES) {
      target.fill(LOST_BYTE);
      return;
    }
    for (let at = 0; at < target.length; at += PAGE_BYTES) {
      await readThrough(file, target.subarray(at, at + PAGE_BYTES), offset + at);
    }
  }
}
