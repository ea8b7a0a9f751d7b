/**
 * How much JavaScript heap a slot's thread may take, so that all of them fit the machine; and how
 * much V8 lets it take, which is more: see `heap-wall.ts`.
 */

import { totalmem } from "node:os";

const MIB = 1024 * 1024;
const HEAP_MIB_MIN = 256;
const HEAP_MIB_MAX = 4096;
/** Of the machine's memory. */
const THREADS_SHARE = 0.8;
/** A full array grows to one and a half, a Map to twice its size, and the old is there meanwhile. */
const V8_LIMIT_FACTOR = 3;

/** The limit of one thread, in MiB. Sheaf's own buffers lie outside the heap, so a slot takes both. */
export function heapMiBFor(
  slots: number,
  memoryBytes: number,
  machineBytes = machineMemoryBytes(),
): number {
  const shareMiB = Math.floor((machineBytes * THREADS_SHARE) / slots / MIB - memoryBytes / MIB);
  return Math.min(HEAP_MIB_MAX, Math.max(HEAP_MIB_MIN, shareMiB));
}

/** Where V8 ends a thread of that limit by itself: one alone must not take more than all may. */
export function v8LimitMiB(heapMiB: number, machineBytes = machineMemoryBytes()): number {
  const machineMiB = Math.floor((machineBytes * THREADS_SHARE) / MIB);
  return Math.max(heapMiB, Math.min(heapMiB * V8_LIMIT_FACTOR, machineMiB));
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
