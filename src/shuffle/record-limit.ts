/**
 * How large a record may be: a share of its slot's memory, so that some records always fit into it.
 * Whoever takes records goes by it, and whoever holds them back for a while.
 */

import { SheafError } from "../base/error.ts";
import { RECORD_MEMORY_SHARE } from "../base/limits.ts";
import { exactSizeInWords } from "../base/size.ts";

/** The most bytes that a record's key and value may have together. */
export function recordBytesMaxFor(memoryBytes: number): number {
  return Math.floor(memoryBytes * RECORD_MEMORY_SHARE);
}

/** For a record of more. */
export function recordTooLarge(recordBytes: number, memoryBytes: number): SheafError {
  const recordBytesMax = recordBytesMaxFor(memoryBytes);
  return new SheafError(
    "RECORD_TOO_LARGE",
    `Cannot collect a record of ${exactSizeInWords(recordBytes)}: with ` +
      `${exactSizeInWords(memoryBytes)} of memory a slot, a record may have ` +
      `${exactSizeInWords(recordBytesMax)} at most. Give each slot more (--memory), or emit ` +
      "smaller values.",
    { data: { recordBytes, recordBytesMax, memoryBytes } },
  );
}
