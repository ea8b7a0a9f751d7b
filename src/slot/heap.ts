/** How much JavaScript heap a slot's thread may take, so that all of them fit the machine. */

import { totalmem } from "node:os";

const MIB = 1024 * 1024;
const HEAP_MIB_MIN = 256;
const HEAP_MIB_MAX = 4096;

/** Sheaf's own buffers lie outside the heap, so a slot takes both. */
export function heapMiBFor(
  slots: number,
  memoryBytes: number,
  machineBytes = machineMemoryBytes(),
): number {
  const shareMiB = Math.floor((machineBytes * 0.8) / slots / MIB - memoryBytes / MIB);
  return Math.min(HEAP_MIB_MAX, Math.max(HEAP_MIB_MIN, shareMiB));
}

/**
 * What this process may have: in a container, less than the machine has. Whoever takes more than the
 * container may is killed as a whole, where a full heap ends one attempt and says so.
 */
function machineMemoryBytes(): number {
  const limit = process.constrainedMemory();
  // 0, or more than there is, where nothing limits it.
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
