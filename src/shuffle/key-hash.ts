/**
 * The hashes of the number table. They never leave it (partitions have a hash of their own), so they
 * may be cheap: a short key is hashed as the two words that its slot holds, a longer one four bytes
 * at a time.
 */

/** Keys up to here lie in their slot. */
export const SHORT_KEY_BYTES_MAX = 7;

const MULTIPLIER = 0x9e3779b1;
const MIXER = 0x85ebca6b;

/** The hash of a short key, from its first four bytes, and the other three with its length. */
export function hashOfShort(low: number, high: number): number {
  const hash = Math.imul(Math.imul(low, MULTIPLIER) ^ high, MIXER);
  return hash ^ (hash >>> 15);
}

/** The hash of a longer key. */
export function hashOfLong(bytes: Buffer, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = Math.imul(hash ^ word, MULTIPLIER);
    hash = (hash << 13) | (hash >>> 19);
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 16), MIXER);
  return hash ^ (hash >>> 15);
}
