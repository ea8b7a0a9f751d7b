/**
 * Sizes in words, as flags take them and messages show them. A unit is a power of 1024, as in
 * `sort -S` and Hadoop: `64MB`, `64M` and `64MiB` are all 67,108,864 bytes.
 */

import { grouped } from "./numbers.ts";

const UNITS = ["bytes", "KB", "MB", "GB", "TB"] as const;
const SIZE = /^(\d+(?:\.\d+)?|\.\d+)\s*(?:([kmgt])(?:i?b)?|b|bytes?)?$/i;

/** What a message may say after "is not a size". */
export const SIZE_HINT =
  "write a number and a unit, such as 64MB (B, KB, MB, GB or TB; 1KB is 1024B)";

/**
 * Reads a size: digits, perhaps with a fraction, and a unit in either case; bytes without one.
 * Undefined if it is no size, or too large to be counted exactly. A fraction of a byte is dropped.
 */
export function parseSizeBytes(words: string): number | undefined {
  const match = SIZE.exec(words.trim());
  if (match === null) return undefined;
  const power = match[2] === undefined ? 0 : " kmgt".indexOf(match[2].toLowerCase());
  const bytes = Math.floor(Number(match[1]) * 1024 ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A size for people, with three digits at the most: `0 bytes`, `1.5 KB`, `64 MB`, `1023 GB`. */
export function sizeInWords(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  // Half a unit early, so that 1023.9 KB reads as 1 MB and never as 1024 KB.
  while (amount >= 1023.5 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  if (unit === 0) {
    // A rate has a fraction.
    const whole = Math.round(bytes);
    return `${whole} ${whole === 1 ? "byte" : "bytes"}`;
  }
  const digits = amount < 9.95 ? 1 : 0;
  return `${amount.toFixed(digits).replace(/\.0$/, "")} ${UNITS[unit]!}`;
}

/**
 * A size for people to whom the last byte may matter, because it is a limit or is compared with
 * another one: `16 MB` where that is all there is to say, else `1.4 MB (1,500,000 bytes)`.
 */
export function exactSizeInWords(bytes: number): string {
  const words = sizeInWords(bytes);
  return parseSizeBytes(words) === bytes ? words : `${words} (${grouped(bytes)} bytes)`;
}
