/**
 * Partitions by range: keys below the first boundary go to partition 0, and so on, so that the parts
 * in their order are sorted as a whole.
 */

import { compareBytes } from "../base/bytes.ts";
import { keyHead } from "./key-head.ts";

/** The partition of key bytes[start, end), in [0, R). */
export type PartitionOf = (bytes: Buffer, start: number, end: number) => number;

/** For R - 1 encoded keys in increasing order; a key equal to a boundary lies above it. */
export function rangePartitionOf(boundaries: readonly Uint8Array[]): PartitionOf {
  const keys = boundaries.map((boundary) => Buffer.from(boundary));
  const heads = Float64Array.from(keys, (key) => keyHead(key, 0, key.length));
  return (bytes, start, end) => {
    const head = keyHead(bytes, start, end);
    let low = 0;
    let high = heads.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const boundaryHead = heads[middle]!;
      let isBelow = head < boundaryHead;
      if (head === boundaryHead) {
        const key = keys[middle]!;
        isBelow = compareBytes(bytes, start, end, key, 0, key.length) < 0;
      }
      if (isBelow) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
