/**
 * Partitioners: which of the R reduce tasks a key goes to. A partitioner is part of a job's result,
 * so it depends on nothing but the key and R (and, for `range`, on the whole input).
 */

import { hashBytes } from "../base/hash.ts";

/** The type of `hash()`. */
export interface HashPartitioner {
  readonly kind: "hash";
}

/** The type of `range()`. */
export interface RangePartitioner {
  readonly kind: "range";
}

/**
 * How a job's keys are partitioned: one of the built-in ways, or a function of (key, R) that
 * returns a whole number in [0, R), which is checked, with R = 1 too. The function must depend on
 * nothing else, or equal keys would part.
 */
export type Partitioner<K> =
  | HashPartitioner
  | RangePartitioner
  | ((key: K, partitions: number) => number);

/**
 * The default: the hash of the encoded key, modulo R. It is the same on any machine and in any
 * version of Sheaf.
 *
 * @example
 * ```ts
 * import { defineJob, hash, int, string, sum, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   partition: hash(),
 *   map: (_position, line, emit) => emit(line, 1),
 *   reduce: sum,
 * });
 * ```
 */
export function hash(): HashPartitioner {
  return { kind: "hash" };
}

/**
 * Keys below the first boundary go to part 0, and so on: the parts in a row are sorted as a whole.
 * The boundaries come from a sample of the input, for which `map` runs on some records once more;
 * they are the same for the same input and R.
 *
 * @example
 * ```ts
 * import { defineJob, identity, nothing, range, string, text, textOutput } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: nothing() },
 *   partition: range(),
 *   map: (_position, line, emit) => emit(line, undefined),
 *   reduce: identity,
 *   output: textOutput({ only: "keys" }),
 * });
 * ```
 */
export function range(): RangePartitioner {
  return { kind: "range" };
}

/**
 * A hash of a string for partitioners of one's own: a whole number in [0, 2^31), the same on any
 * machine and in any version of Sheaf.
 *
 * @example
 * ```ts
 * import { defineJob, hashOf, int, string, sum, text } from "sheaf";
 *
 * // Counts URLs; those of one host are in one part.
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   partition: (url, partitions) => hashOf(new URL(url).hostname) % partitions,
 *   map: (_position, line, emit) => emit(line, 1),
 *   reduce: sum,
 * });
 * ```
 */
export function hashOf(text: string): number {
  const bytes = Buffer.from(text, "utf8");
  return hashBytes(bytes, 0, bytes.length) & 0x7fffffff;
}
