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
