/**
 * The order of strings by their UTF-8 bytes, which is the order of their code points: that of file
 * names in an input, and of keys.
 */

/**
 * Compares two strings as keys of `string()` are compared: by code point, as `LC_ALL=C sort` does.
 * Negative, zero or positive as `a` comes before, equals or comes after `b`.
 *
 * JavaScript's own order, that of `<` and of `sort()` without a function, differs from it for
 * characters beyond U+FFFF: it puts them before U+E000 to U+FFFF.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { compareUtf8 } from "sheaf";
 *
 * const names = ["𐐀", "ａ", "z"];
 * assert.deepEqual(names.toSorted(compareUtf8), ["z", "ａ", "𐐀"]);
 * assert.deepEqual(names.toSorted(), ["z", "𐐀", "ａ"]);
 * ```
 */
export function compareUtf8(a: string, b: string): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return rank(a, i) - rank(b, i);
  }
  return a.length - b.length;
}

/** Where the first unit in which two strings differ places them. */
function rank(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if ((unit & 0xf800) !== 0xd800) return unit;
  // Half of a character beyond U+FFFF, which comes after all others; alone it is a code point.
  const isPaired = isHigh(unit)
    ? isLow(text.charCodeAt(index + 1))
    : isHigh(text.charCodeAt(index - 1));
  return isPaired ? unit + 0x10000 : unit;
}

function isHigh(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

function isLow(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}
