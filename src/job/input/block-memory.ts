/**
 * The buffer in which a reader has its blocks. A thread reads one split after the other, so the buffer
 * of one reader is kept for the next. A new one, whose pages the system has to find and clear, costs
 * a split more than a millisecond: as much as to read and search 3 MB.
 */

import { INPUT_BLOCK_BYTES } from "../../base/limits.ts";

/** The buffer that no reader of this thread uses now. */
let idle: Buffer | undefined;

/** A buffer of that size, with whatever bytes in it; the one that was given back, if it fits. */
export function borrowBlock(bytes: number): Buffer {
  if (bytes !== idle?.length) return Buffer.allocUnsafeSlow(bytes);
  const block = idle;
  idle = undefined;
  return block;
}

/** Gives back a buffer into which nobody will write any more; one of the usual size is kept. */
export function returnBlock(block: Buffer): void {
  if (block.length === INPUT_BLOCK_BYTES) idle = block;
}
