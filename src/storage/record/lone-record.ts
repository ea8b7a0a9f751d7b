/**
 * Single records at fixed places of small files: the two copies of the vote, the mark, the note of a
 * recovery. Each lies in a page of its own, so that one lost sector takes one of them.
 */

import { assert } from "../../base/assert.ts";
import type { DiskFile } from "../disk/disk.ts";
import { readThrough } from "../disk/read-through.ts";
import {
  decodeHeader,
  decodePayload,
  encodeRecord,
  RECORD_HEADER_BYTES,
  type RecordContent,
  type RecordHeader,
  type RecordKind,
  recordBytes,
} from "./record.ts";

/** From one record to the next: pages, so that no lost page takes two. */
const SLOT_BYTES = 4096;
/**
 * What is written of a slot, always: a disk writes a sector whole or not at all, and the file's size,
 * which a crash may lose, does not change with what a record has to say.
 */
const SECTOR_BYTES = 512;

/** What is at a place: a record, nothing yet, or bytes that are no record. */
export type LoneReading =
  | { readonly state: "sound"; readonly header: RecordHeader; readonly payload: Buffer }
  | { readonly state: "blank" | "damaged" };

/** Writes a record at one of the places, and does not sync it. */
export function writeLone(
  file: DiskFile,
  place: number,
  slot: number,
  content: RecordContent,
): Promise<void> {
  const offset = slot * SLOT_BYTES;
  const bytes = Buffer.alloc(SECTOR_BYTES);
  assert(recordBytes(content.payload.length) <= SECTOR_BYTES, "a lone record fits a sector");
  encodeRecord(bytes, 0, content, { place, offset, durableTo: 0 });
  return file.write(bytes, offset);
}

/** Reads what is at one of the places. */
export async function readLone(
  file: DiskFile,
  place: number,
  slot: number,
  kind: RecordKind,
): Promise<LoneReading> {
  const offset = slot * SLOT_BYTES;
  const bytes = Buffer.alloc(SECTOR_BYTES);
  await readThrough(file, bytes, offset);
  const header = decodeHeader(bytes, 0, place, offset);
  if (header?.kind === kind && recordBytes(header.payloadBytes) <= SECTOR_BYTES) {
    const payload = decodePayload(bytes, 0, header);
    if (payload !== undefined) return { state: "sound", header, payload };
  }
  const isBlank = bytes.subarray(0, RECORD_HEADER_BYTES).every((byte) => byte === 0);
  return { state: isBlank ? "blank" : "damaged" };
}
