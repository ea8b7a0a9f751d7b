/**
 * Reads entries of the live log from their segments, each verified again: a sector may have been lost
 * since the log was opened.
 */

import { assert } from "../../base/assert.ts";
import { logIndex, term } from "../../base/ids.ts";
import type { LogEntry } from "../../raft/log-entry.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { readThrough } from "../disk/read-through.ts";
import { segmentName } from "../file-names.ts";
import { READ_BYTES } from "../limits.ts";
import {
  decodeHeader,
  decodePayload,
  placeOf,
  RECORD_HEADER_BYTES,
  recordBytes,
} from "../record/record.ts";
import { readDamage } from "../storage-error.ts";
import type { EntryPlace, LiveLog } from "./live-log.ts";

/** A read of one small entry takes no whole mebibyte. */
const READ_BYTES_MIN = 64 * 1024;

/** Which entries are wanted. */
export interface EntryRange {
  readonly from: number;
  readonly to: number;
  /** Of data; one entry comes in any case. */
  readonly bytesMax: number;
}

/**
 * Reads entries `[from, to]`, as many as fit. They are of one moment: where the log is truncated
 * meanwhile, what was read before is all that comes.
 */
export async function readEntries(
  disk: Disk,
  tag: number,
  live: LiveLog,
  { from, to, bytesMax }: EntryRange,
): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  const { generation } = live;
  let bytes = 0;
  let segment: SegmentReader | undefined;
  try {
    for (let index = from; index <= to && generation === live.generation; index++) {
      const place = live.placeOf(index);
      if (segment?.sequence !== place.segment) {
        const former = segment;
        segment = undefined;
        await former?.close();
        segment = await SegmentReader.open(disk, tag, place.segment);
      }
      if (!segment.holds(place.offset, RECORD_HEADER_BYTES)) {
        await segment.load(place.offset, Math.min(bytesMax - bytes, READ_BYTES));
      }
      const entry = await segment.read(index, place);
      bytes += entry.data.length;
      if (entries.length > 0 && bytes > bytesMax) break;
      entries.push(entry);
    }
    return entries;
  } finally {
    await segment?.close();
  }
}

/** An open segment and a part of it in memory. */
class SegmentReader {
  readonly sequence: number;
  readonly #name: string;
  readonly #disk: Disk;
  readonly #place: number;
  readonly #file: DiskFile;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;

  private constructor(disk: Disk, tag: number, sequence: number, file: DiskFile) {
    this.sequence = sequence;
    this.#name = segmentName(sequence);
    this.#disk = disk;
    this.#place = placeOf(this.#name, tag);
    this.#file = file;
  }

  static async open(disk: Disk, tag: number, sequence: number): Promise<SegmentReader> {
    return new SegmentReader(disk, tag, sequence, await disk.open(segmentName(sequence), "read"));
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  holds(offset: number, count: number): boolean {
    return offset >= this.#start && offset + count <= this.#start + this.#bytes.length;
  }

  /** Moves on to `offset`, into memory of its own: entries that were read keep theirs. */
  async load(offset: number, wanted: number): Promise<void> {
    const bytes = Buffer.allocUnsafeSlow(Math.max(wanted, READ_BYTES_MIN));
    this.#bytes = bytes.subarray(0, await readThrough(this.#file, bytes, offset));
    this.#start = offset;
  }

  async read(index: number, { offset }: EntryPlace): Promise<LogEntry> {
    const header = this.#decode(offset);
    if (header === undefined) throw this.#damaged(offset);
    const end = recordBytes(header.payloadBytes);
    if (!this.holds(offset, end)) await this.load(offset, end);
    if (!this.holds(offset, end)) throw this.#damaged(offset);
    const data = decodePayload(this.#bytes, offset - this.#start, header);
    const { kind } = header;
    const isEntry = kind === "command" || kind === "membership" || kind === "no-op";
    if (data === undefined || !isEntry) throw this.#damaged(offset);
    assert(header.index === index, `entry ${index} lies where the log says`);
    return { index: logIndex(index), term: term(header.term), kind, data };
  }

  #decode(offset: number) {
    if (!this.holds(offset, RECORD_HEADER_BYTES)) return undefined;
    return decodeHeader(this.#bytes, offset - this.#start, this.#place, offset);
  }

  #damaged(offset: number) {
    return readDamage(this.#disk.path, this.#name, offset);
  }
}
