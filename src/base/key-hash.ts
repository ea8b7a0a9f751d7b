/**
 * Hashes of keys for tables that stay in memory. They never leave it (partitions have a hash of their
 * own), so they may be cheap: a short key is two words of 32 bits, which its slot can hold, and hashed
 * as such; a longer one is hashed four bytes at a time.
 */

/** Keys up to here are two words. */
export const SHORT_KEY_BYTES_MAX = 7;
/** Bytes that are loaded for a short key; those behind its end are masked out. */
export const KEY_LOAD_BYTES = 8;
/** In the second word: where the length of a short key stands, plus one. */
export const LENGTH_SHIFT = 24;

/** By length: which bits of the two words belong to a short key. */
export const LOW_MASKS: Int32Array = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1);
export const HIGH_MASKS: Int32Array = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff);

const MULTIPLIER = 0x9e3779b1;
const MIXER = 0x85ebca6b;

/** The hash of a short key, from its first four bytes, and the other three with its length. */
export function hashOfShort(low: number, high: number): number {
  const hash = Math.imul(Math.imul(low, MULTIPLIER) ^ high, MIXER);
  return hash ^ (hash >>> 15);
}

/** The hash of a longer key. Its last four bytes are one word, whatever came before them. */
export function hashOfLong(view: DataView, start: number, end: number): number {
  const last = end - 4;
  let hash = end - start;
  for (let at = start; at < last; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), MULTIPLIER);
    hash = (hash << 13) | (hash >>> 19);
  }
  hash = Math.imul(hash ^ view.getInt32(last, true), MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 16), MIXER);
  return hash ^ (hash >>> 15);
}
