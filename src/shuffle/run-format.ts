/**
 * The bytes of a run file. It holds R regions one after the other; a region is a sequence of blocks:
 *
 *     block    [u32 payload length][u32 crc32 of the payload][payload]      little-endian
 *     record   [varint key length + 1][varint value length][key][value]
 *              [varint 0][varint value length][value]         the key of the record before
 *
 * Records do not span blocks, and the first record of a block spells its key, so that every block
 * can be verified and read alone.
 */

import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from "../base/limits.ts";

/** Payload length and checksum. */
export const BLOCK_HEADER_BYTES = 8;
/** The two lengths before a record, at their longest. */
export const RECORD_HEADER_BYTES_MAX = 10;
/** A longer payload is taken for a damaged length. */
export const BLOCK_PAYLOAD_BYTES_MAX = KEY_BYTES_MAX + VALUE_BYTES_MAX + RECORD_HEADER_BYTES_MAX;
/** A run is written in pieces of at least this size, its last one apart. */
export const RUN_WRITE_BYTES = 256 * 1024;

/** Writes `value`, below 2^32, as a varint at `position`; gives the position after it. */
export function writeVarint(bytes: Buffer, position: number, value: number): number {
  let rest = value;
  let at = position;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}
