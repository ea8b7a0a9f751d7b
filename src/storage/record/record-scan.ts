/**
 * Reads a file of records from end to end, and tells what of it is records, what is damage, and what
 * is only zeros. It judges nothing: whether damage is a torn tail or a loss is decided in replay.ts.
 */

import type { DiskFile } from "../disk/disk.ts";
import { readThrough } from "../disk/read-through.ts";
import { READ_BYTES } from "../limits.ts";
import {
  decodeHeader,
  decodePayload,
  RECORD_ALIGNMENT_BYTES,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  recordBytes,
} from "./record.ts";

/** Bytes that are no record: up to the next one, or to the end of the file. */
export interface DamagedBytes {
  readonly offset: number;
  readonly end: number;
  /** Where only the payload is damaged, what its header says. */
  readonly header?: RecordHeader;
}

/** Hears what a scan finds, in the order of the file. A payload is valid during the call alone. */
export interface ScanVisitor {
  record(header: RecordHeader, offset: number, payload: Buffer): void;
  damage?(bytes: DamagedBytes): void;
}

/** What a scan has found behind the last record. */
export interface ScanEnd {
  /** After the last record. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Whether there are only zeros from `offset` on. */
  readonly isBlank: boolean;
}

/** Scans a file from `start` on. */
export async function scanRecords(
  file: DiskFile,
  { place, start }: { readonly place: number; readonly start: number },
  visitor: ScanVisitor,
): Promise<ScanEnd> {
  const sizeBytes = await file.size();
  const window = new Window(file, sizeBytes);
  let offset = start;
  let endOfRecords = start;
  /** Where the bytes began that are no record, and whether all of them are zeros. */
  let lostAt: number | undefined;
  let isBlank = true;
  while (offset + RECORD_HEADER_BYTES <= sizeBytes) {
    if (!window.holds(offset, RECORD_HEADER_BYTES)) await window.load(offset, RECORD_HEADER_BYTES);
    const header = decodeHeader(window.bytes, window.at(offset), place, offset);
    if (header === undefined) {
      lostAt ??= offset;
      isBlank &&= window.isZero(offset, RECORD_ALIGNMENT_BYTES);
      offset += RECORD_ALIGNMENT_BYTES;
      continue;
    }
    if (lostAt !== undefined) visitor.damage?.({ offset: lostAt, end: offset });
    lostAt = undefined;
    isBlank = true;
    const end = offset + recordBytes(header.payloadBytes);
    if (end > sizeBytes) {
      visitor.damage?.({ offset, end: sizeBytes, header });
      return { offset: endOfRecords, sizeBytes, isBlank: false };
    }
    if (!window.holds(offset, end - offset)) await window.load(offset, end - offset);
    const payload = decodePayload(window.bytes, window.at(offset), header);
    if (payload === undefined) visitor.damage?.({ offset, end, header });
    else visitor.record(header, offset, payload);
    if (payload !== undefined) endOfRecords = end;
    offset = end;
  }
  const rest = lostAt ?? offset;
  if (rest < sizeBytes) {
    await window.load(offset, sizeBytes - offset);
    isBlank &&= window.isZero(offset, sizeBytes - offset);
    if (!isBlank) visitor.damage?.({ offset: rest, end: sizeBytes });
  }
  return { offset: endOfRecords, sizeBytes, isBlank: isBlank && rest === endOfRecords };
}

/** A part of a file in memory, moved forward as the scan goes on. */
class Window {
  bytes: Buffer = Buffer.alloc(0);
  readonly #file: DiskFile;
  readonly #sizeBytes: number;
  #start = 0;

  constructor(file: DiskFile, sizeBytes: number) {
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  at(offset: number): number {
    return offset - this.#start;
  }

  holds(offset: number, count: number): boolean {
    return offset >= this.#start && offset + count <= this.#start + this.bytes.length;
  }

  isZero(offset: number, count: number): boolean {
    const start = this.at(offset);
    for (let i = start; i < start + count; i++) if (this.bytes[i] !== 0) return false;
    return true;
  }

  /** Moves on to `offset`, and holds at least `count` bytes from there. */
  async load(offset: number, count: number): Promise<void> {
    if (this.holds(offset, count)) return;
    const bytes = Buffer.allocUnsafeSlow(
      Math.min(Math.max(count, READ_BYTES), this.#sizeBytes - offset),
    );
    const kept = this.bytes.subarray(Math.max(0, offset - this.#start));
    kept.copy(bytes);
    await readThrough(this.#file, bytes.subarray(kept.length), offset + kept.length);
    this.bytes = bytes;
    this.#start = offset;
  }
}
