/**
 * Makes durable what a crash has left at the end of a file, by writing the same bytes again.
 *
 * A sync alone would not do. Where the process before ended because an fsync had failed, the kernel
 * shows the bytes and calls them clean, though the disk never got them: a sync says that all is well,
 * and the next loss of power takes them ("Can Applications Recover from fsync Failures?", ATC'20, 3).
 * Bytes that are written again are dirty again. The place is theirs already, so this needs no room.
 */

import { READ_BYTES } from "../limits.ts";
import type { Disk } from "./disk.ts";

/** Writes bytes `[from, to)` of a file again, and syncs it. */
export async function rewriteTail(
  disk: Disk,
  name: string,
  from: number,
  to: number,
): Promise<void> {
  const file = await disk.open(name, "write");
  try {
    for (let offset = from; offset < to; offset += READ_BYTES) {
      const bytes = Buffer.alloc(Math.min(READ_BYTES, to - offset));
      await file.write(bytes.subarray(0, await file.read(bytes, offset)), offset);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
