/**
 * The hash of an encoded key: FNV-1a over the bytes, then MurmurHash3's 32-bit finalizer, because
 * FNV alone leaves its low bits poor. It decides partitions, so its values never change.
 */

export const FNV_OFFSET_BASIS = 0x811c9dc5 | 0;
export const FNV_PRIME = 0x01000193;

/** Spreads every input bit over all 32 output bits (MurmurHash3 `fmix32`, public domain). */
export function mixHash(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The hash of bytes[start, end), as a signed 32-bit integer. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET_BASIS;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME);
  return mixHash(hash);
}
