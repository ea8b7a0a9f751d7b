/**
 * How a map attempt combines the values of a key before they travel: as numbers folded two at a time
 * in a hash table, or with a function over all encoded values of a key that happen to be together.
 * Either may run any number of times, over values in the order in which they were emitted.
 */

import type { ByteWriter } from "../base/bytes.ts";

/** See the head of this file. */
export type CombineOption = NumberCombineOption | GroupCombineOption;

/** How two numbers of one key become one: built in, or a function of one's own. */
export type NumberFold = "sum" | "min" | "max" | ((a: number, b: number) => number);

/** Values are numbers; they take their wire form only when they are written. */
export interface NumberCombineOption {
  readonly kind: "number";
  readonly fold: NumberFold;
  /** The key, bytes[start, end), is for what it throws. */
  readonly writeValue: (
    writer: ByteWriter,
    value: number,
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
  ) => void;
  readonly readValue: (bytes: Buffer, start: number, end: number) => number;
}

/** Values are bytes. */
export interface GroupCombineOption {
  readonly kind: "group";
  readonly combine: GroupCombine;
}

/**
 * Reads the values of key bytes[start, end) and emits what stands for them. The key holds during the
 * call, a value until the next `next`.
 */
export type GroupCombine = (
  keyBytes: Buffer,
  keyStart: number,
  keyEnd: number,
  values: ValueCursor,
  emit: (valueBytes: Buffer, valueStart: number, valueEnd: number) => void,
) => void;

/** The encoded values of one key, one at a time. */
export interface ValueCursor {
  next(): boolean;
  readonly valueBytes: Buffer;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** The fold as a function of two numbers. */
export function foldFunction(fold: NumberFold): (a: number, b: number) => number {
  switch (fold) {
    case "sum":
      return (a, b) => a + b;
    case "min":
      return (a, b) => Math.min(b, a);
    case "max":
      return (a, b) => Math.max(b, a);
    default:
      return fold;
  }
}
