/**
 * The first bytes of a key as one number, so that most comparisons of keys are one comparison of
 * numbers: six bytes and a length fit the 53 bits that a number holds exactly.
 */

import { compareBytes } from "../base/bytes.ts";

/** Bytes of the key in its head. */
const HEAD_BYTES = 6;
/** Greater than the head of any key. */
export const HEAD_AFTER_ALL: number = Number.POSITIVE_INFINITY;

/**
 * Orders as the keys do wherever two heads differ. Equal heads whose last digit says that the key
 * ended are equal keys: the length, cut at seven, stands behind the six bytes.
 */
export function keyHead(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length >= HEAD_BYTES) {
    const high = (bytes[start]! << 16) | (bytes[start + 1]! << 8) | bytes[start + 2]!;
    const low = (bytes[start + 3]! << 16) | (bytes[start + 4]! << 8) | bytes[start + 5]!;
    return high * 2 ** 27 + low * 8 + (length === HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + 1);
  }
  let head = 0;
  for (let i = start; i < end; i++) head = head * 256 + bytes[i]!;
  return head * 256 ** (HEAD_BYTES - length) * 8 + length;
}

/** Negative, zero or positive as a sorts before, equals or follows b, whose heads are equal. */
export function compareBehindHead(
  a: Buffer,
  aStart: number,
  aEnd: number,
  b: Buffer,
  bStart: number,
  bEnd: number,
): number {
  if (aEnd - aStart <= HEAD_BYTES) return 0;
  return compareBytes(a, aStart + HEAD_BYTES, aEnd, b, bStart + HEAD_BYTES, bEnd);
}
