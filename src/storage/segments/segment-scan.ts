/**
 * Reads one segment from end to end, and tells what of it is records, what is damage, and what is
 * only zeros. It judges nothing: whether damage is a torn tail or a loss is decided in log-replay.ts.
 */

import type { Disk } from "../disk/disk.ts";
import { readThrough } from "../disk/lost-bytes.ts";
import { segmentName } from "../file-names.ts";
import { READ_BYTES } from "../limits.ts";
import {
  decodeHeader,
  decodePayload,
  placeOf,
  RECORD_ALIGNMENT_BYTES,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  recordBytes,
} from "../record/record.ts";
import type { SegmentHeader } from "./segment-header.ts";

/** A record, or bytes that are none. */
export interface Found {
  readonly offset: number;
  readonly end: number;
  readonly record: { readonly header: RecordHeader; readonly payload: Buffer } | undefined;
}

/** A segment as it was found. */
export interface SegmentScan {
  readonly sequence: number;
  readonly sizeBytes: number;
  readonly header: SegmentHeader | undefined;
  /** In the order of the file, up to the zeros at its end. */
  readonly found: readonly Found[];
  /** The highest that any sound header says of how far the file was durable. */
  readonly durableTo: number;
}

/** Reads a segment into memory, where its entries may stay. */
export async function scanSegment(disk: Disk, sequence: number, tag: number): Promise<SegmentScan> {
  const name = segmentName(sequence);
  const file = await disk.open(name, "read");
  try {
    const bytes = Buffer.allocUnsafeSlow(await file.size());
    for (let at = 0; at < bytes.length; at += READ_BYTES) {
      await readThrough(file, bytes.subarray(at, at + READ_BYTES), at);
    }
    const scan = scanRecords(bytes, placeOf(name, tag));
    const first = scan.found[0]?.record;
    const isHeaderSound = first?.header.kind === "segment";
    const header = isHeaderSound
      ? (JSON.parse(first!.payload.toString()) as SegmentHeader)
      : undefined;
    return { sequence, sizeBytes: bytes.length, header, ...scan };
  } finally {
    await file.close();
  }
}

function scanRecords(bytes: Buffer, place: number): Pick<SegmentScan, "found" | "durableTo"> {
  const found: Found[] = [];
  const end = endOfContent(bytes);
  let durableTo = 0;
  let lostAt: number | undefined;
  for (let offset = 0; offset < end; ) {
    const isRoom = offset + RECORD_HEADER_BYTES <= bytes.length;
    const header = isRoom ? decodeHeader(bytes, offset, place, offset) : undefined;
    const payload = header && decodePayload(bytes, offset, header);
    durableTo = Math.max(durableTo, header?.durableTo ?? 0);
    const next = offset + (header ? recordBytes(header.payloadBytes) : RECORD_ALIGNMENT_BYTES);
    if (header === undefined || payload === undefined) {
      lostAt ??= offset;
    } else {
      if (lostAt !== undefined) found.push({ offset: lostAt, end: offset, record: undefined });
      lostAt = undefined;
      found.push({ offset, end: next, record: { header, payload } });
    }
    offset = next;
  }
  if (lostAt !== undefined) found.push({ offset: lostAt, end, record: undefined });
  return { found, durableTo };
}

/** After the last byte that is not zero. */
function endOfContent(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}
