/**
 * The bytes of a record, of which all files of the storage are made. Little-endian:
 *
 *      0  u32  crc32 of bytes 4 to 31, begun with the record's place (see `placeOf`)
 *      4  u32  crc32 of the payload
 *      8  u32  payload length
 *     12  u48  index      of an entry; what else it is depends on the kind
 *     18  u48  term
 *     24  u48  durableTo  the file was durable up to here when the record was written
 *     30  u8   kind
 *     31  u8   0
 *     32  payload, and zeros up to a multiple of 8
 *
 * The header has a checksum of its own, so that behind damage a reader can look for the next record
 * at 32 bytes a guess, whatever lengths it meets. It begins with the place: file, member and offset.
 * So a record that a disk has put in the wrong place, or that is left of another file, is not valid
 * where it lies.
 */

import { crc32 } from "node:zlib";
import { PAYLOAD_BYTES_MAX } from "../limits.ts";

export const RECORD_HEADER_BYTES = 32;
export const RECORD_ALIGNMENT_BYTES = 8;

/** The byte that stands for each kind, for ever. None is 0, so that zeros are no record. */
const KINDS = [
  undefined,
  /** Where a segment stands in the log; the first record of its file. */
  "segment",
  "command",
  "membership",
  "no-op",
  /** Entries at and after `index` are void. */
  "truncate",
  /** One record in a page of its own (page.ts). */
  "page",
] as const;

export type RecordKind = NonNullable<(typeof KINDS)[number]>;

/** What the first 32 bytes say. */
export interface RecordHeader {
  readonly kind: RecordKind;
  readonly index: number;
  readonly term: number;
  readonly durableTo: number;
  readonly payloadBytes: number;
  readonly payloadCrc: number;
}

/** What a record is made of. */
export interface RecordContent {
  readonly kind: RecordKind;
  readonly index: number;
  readonly term: number;
  readonly payload: Uint8Array;
}

/** What a file's records begin their checksums with: the file's name and whose it is. */
export function placeOf(name: string, tag: number): number {
  return crc32(name, tag);
}

function seedAt(place: number, offset: number): number {
  return (place ^ (offset >>> 0) ^ Math.floor(offset / 2 ** 32)) >>> 0;
}

/** What a record takes in its file. */
export function recordBytes(payloadBytes: number): number {
  const padded = Math.ceil(payloadBytes / RECORD_ALIGNMENT_BYTES) * RECORD_ALIGNMENT_BYTES;
  return RECORD_HEADER_BYTES + padded;
}

/** Writes a record at `at` of a buffer, as it will lie at `offset` of its file. */
export function encodeRecord(
  target: Buffer,
  at: number,
  content: RecordContent,
  where: { readonly place: number; readonly offset: number; readonly durableTo: number },
): void {
  const { payload } = content;
  target.writeUInt32LE(crc32(payload), at + 4);
  target.writeUInt32LE(payload.length, at + 8);
  target.writeUIntLE(content.index, at + 12, 6);
  target.writeUIntLE(content.term, at + 18, 6);
  target.writeUIntLE(where.durableTo, at + 24, 6);
  target[at + 30] = KINDS.indexOf(content.kind);
  target[at + 31] = 0;
  const header = target.subarray(at + 4, at + RECORD_HEADER_BYTES);
  target.writeUInt32LE(crc32(header, seedAt(where.place, where.offset)), at);
  target.set(payload, at + RECORD_HEADER_BYTES);
  target.fill(0, at + RECORD_HEADER_BYTES + payload.length, at + recordBytes(payload.length));
}

/** Reads the header at `at` of a buffer, which lies at `offset` of its file, if it is one. */
export function decodeHeader(
  bytes: Buffer,
  at: number,
  place: number,
  offset: number,
): RecordHeader | undefined {
  // What costs nothing to rule out comes first: behind damage, this is asked every eight bytes.
  const kind = KINDS[bytes[at + 30]!];
  if (kind === undefined || bytes[at + 31] !== 0) return undefined;
  const payloadBytes = bytes.readUInt32LE(at + 8);
  if (payloadBytes > PAYLOAD_BYTES_MAX) return undefined;
  const header = bytes.subarray(at + 4, at + RECORD_HEADER_BYTES);
  if (bytes.readUInt32LE(at) !== crc32(header, seedAt(place, offset))) return undefined;
  return {
    kind,
    index: bytes.readUIntLE(at + 12, 6),
    term: bytes.readUIntLE(at + 18, 6),
    durableTo: bytes.readUIntLE(at + 24, 6),
    payloadBytes,
    payloadCrc: bytes.readUInt32LE(at + 4),
  };
}

/** The payload of a record at `at`, with its padding; `undefined` if damaged, or not all there. */
export function decodePayload(bytes: Buffer, at: number, header: RecordHeader): Buffer | undefined {
  const start = at + RECORD_HEADER_BYTES;
  const end = start + header.payloadBytes;
  if (at + recordBytes(header.payloadBytes) > bytes.length) return undefined;
  const payload = bytes.subarray(start, end);
  return crc32(payload) === header.payloadCrc ? payload : undefined;
}
