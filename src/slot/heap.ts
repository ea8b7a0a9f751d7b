/** How much JavaScript heap a slot's thread may take, so that all of them fit the machine. */

import { totalmem } from "node:os";

const MIB = 1024 * 1024;
const HEAP_MIB_MIN = 256;
const HEAP_MIB_MAX = 4096;

/** Sheaf's own buffers lie outside the heap, so a slot takes both. */
export function heapMiBFor(slots: number, memoryBytes: number): number {
  const shareMiB = Math.floor((totalmem() * 0.8) / slots / MIB - memoryBytes / MIB);
  return Math.min(HEAP_MIB_MAX, Math.max(HEAP_MIB_MIN, shareMiB));
}
