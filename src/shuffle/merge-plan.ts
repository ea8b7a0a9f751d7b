/**
 * Which runs to merge into one when there are too many to merge at once. Pure arithmetic; who plans
 * does not read.
 */

import { MERGE_FAN_IN_MAX } from "../base/limits.ts";

/**
 * The part of a slot's memory for reading runs; the rest may still hold records while its runs are
 * merged.
 */
export const MERGE_MEMORY_SHARE = 1 / 8;

const FAN_IN_MIN = 2;

/** A group of neighbours in a list of runs. */
export interface MergeStep {
  readonly from: number;
  readonly count: number;
}

/**
 * How many runs may be read at once, when each needs a buffer for its largest block. At least two,
 * or no merge would end: with blocks of a quarter of the memory, the most a record may have, these
 * two take half as much again as the slot was given.
 */
export function fanInFor(memoryBytes: number, blockBytesMax: number): number {
  const affordable = Math.floor((memoryBytes * MERGE_MEMORY_SHARE) / Math.max(1, blockBytesMax));
  return Math.min(MERGE_FAN_IN_MAX, Math.max(FAN_IN_MIN, affordable));
}

/**
 * The next runs to merge into one, or `undefined` once the rest can be merged at once. They are
 * neighbours, so that the order of runs stays, and the group with the fewest bytes. The first group
 * has just as many runs as make every later merge a full one, the last included.
 */
export function nextMerge(runBytes: readonly number[], fanIn: number): MergeStep | undefined {
  const runs = runBytes.length;
  if (runs <= fanIn) return undefined;
  const rest = (runs - 1) % (fanIn - 1);
  const count = rest === 0 ? fanIn : rest + 1;
  let bytes = 0;
  for (let i = 0; i < count; i++) bytes += runBytes[i]!;
  let from = 0;
  let bytesMin = bytes;
  for (let i = count; i < runs; i++) {
    bytes += runBytes[i]! - runBytes[i - count]!;
    if (bytes < bytesMin) {
      bytesMin = bytes;
      from = i - count + 1;
    }
  }
  return { from, count };
}
