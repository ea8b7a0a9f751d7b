/**
 * Partitioners: which of the R reduce tasks a key goes to. A partitioner is part of a job's result,
 * so it depends on nothing but the key and R (and, for `range`, on the whole input).
 */

import { hashBytes } from "../base/hash.ts";

/** `hash()`: by the bytes of the encoded key; stable across machines and versions. */
export interface HashPartitioner {
  readonly kind: "hash";
}

/** `range()`: by sampled boundaries, so that the parts in order are totally ordered. */
export interface RangePartitioner {
  readonly kind: "range";
}

/** How a job's keys are partitioned: one of the built-in ways, or a function of (key, R). */
export type Partitioner<K> =
  | HashPartitioner
  | RangePartitioner
  | ((key: K, partitions: number) => number);

/**
 * The default: the hash of the encoded key, modulo R.
 *
 * @example
 * ```ts
 * defineJob({ ..., partition: hash() })
 * ```
 */
export function hash(): HashPartitioner {
  return { kind: "hash" };
}

/**
 * Keys below the first boundary go to part 0, and so on: the parts concatenated are sorted. The
 * boundaries come from a sample of the input, the same for the same input and R.
 *
 * @example
 * ```ts
 * defineJob({ ..., partition: range() })
 * ```
 */
export function range(): RangePartitioner {
  return { kind: "range" };
}

/**
 * A stable 31-bit hash of a string, for partitioners of one's own.
 *
 * @example
 * ```ts
 * defineJob({ ..., partition: (url, partitions) => hashOf(new URL(url).hostname) % partitions })
 * ```
 */
export function hashOf(text: string): number {
  const bytes = Buffer.from(text, "utf8");
  return hashBytes(bytes, 0, bytes.length) & 0x7fffffff;
}
