/**
 * From a job's partitioner to a function over encoded keys. The default, the hash of the whole key,
 * has none: the collector has that hash at hand.
 */

import { ByteReader } from "../base/bytes.ts";
import { SheafError } from "../base/error.ts";
import { hashBytes } from "../base/hash.ts";
import { show } from "../base/show.ts";
import type { KeyCodec } from "../job/codec/codec.ts";
import type { ErasedDefinition } from "../job/job.ts";
import type { GroupEnd } from "../shuffle/group.ts";
import { type PartitionOf, rangePartitionOf } from "../shuffle/range-partition.ts";

/** `undefined` for the default. `boundaries` are those of a range partitioner. */
export function partitionFunction(
  job: ErasedDefinition,
  partitions: number,
  boundaries: readonly Uint8Array[] | undefined,
): PartitionOf | undefined {
  const { partition, key: codec } = job;
  // With R = 1 too: where a job is tried out, a wrong answer must show.
  if (typeof partition === "function") return userPartition(partition, codec, partitions);
  if (partitions === 1) return undefined;
  const groupEnd = groupEndFunction(codec);
  if (partition.kind === "range") {
    const find = rangePartitionOf(boundaries ?? []);
    if (groupEnd === undefined) return find;
    return (bytes, start, end) => find(bytes, start, groupEnd(bytes, start, end));
  }
  if (groupEnd === undefined) return undefined;
  return (bytes, start, end) => {
    return (hashBytes(bytes, start, groupEnd(bytes, start, end)) >>> 0) % partitions;
  };
}

/** Where the part of an encoded key ends that groups it; `undefined` where that is all of it. */
export function groupEndFunction(codec: KeyCodec<unknown>): GroupEnd | undefined {
  if (codec.skipGroup === undefined) return undefined;
  const reader = new ByteReader();
  return (bytes, start, end) => {
    reader.reset(bytes, start, end);
    // As a method: the codec knows by itself which of its fields group.
    codec.skipGroup!(reader);
    return reader.position;
  };
}

function userPartition(
  partition: (key: unknown, partitions: number) => number,
  codec: KeyCodec<unknown>,
  partitions: number,
): PartitionOf {
  const reader = new ByteReader();
  return (bytes, start, end) => {
    reader.reset(bytes, start, end);
    const key = codec.readLast(reader);
    const index = partition(key, partitions);
    if (Number.isInteger(index) && index >= 0 && index < partitions) return index;
    throw new SheafError(
      "USER_CODE",
      `The job's partition function put the key ${show(key)} into partition ` +
        `${String(index)}; with R = ${partitions} it must return ` +
        `${partitions === 1 ? "0" : `a whole number from 0 to ${partitions - 1}`}.`,
    );
  };
}
