/**
 * The default partitioner: the hash of the encoded key, modulo R.
 */

import { hashBytes } from "../base/hash.ts";
import type { PartitionOf } from "./range-partition.ts";

/** For R partitions. */
export function hashPartitionOf(partitions: number): PartitionOf {
  return (bytes, start, end) => (hashBytes(bytes, start, end) >>> 0) % partitions;
}
