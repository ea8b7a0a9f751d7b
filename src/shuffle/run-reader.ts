/**
 * Reads the records of one region of a run file (`run-format.ts`), in order.
 *
 * What always holds: no record of a block is shown before the block's checksum has been verified,
 * and whatever is damaged or missing is reported as `REGION_CORRUPT` with its place. The reader has
 * room for one block, its own or a piece of what the readers of a merge share.
 */

import { closeSync, openSync, readSync, rmSync } from "node:fs";
import { crc32 } from "node:zlib";

import { messageOf, type SheafError } from "../base/error.ts";
import { RUN_BLOCK_BYTES } from "../base/limits.ts";
import type { Region } from "./map-output.ts";
import type { RecordSource } from "./record-source.ts";
import { regionCorrupt } from "./run-error.ts";
import { BLOCK_HEADER_BYTES, BLOCK_PAYLOAD_BYTES_MAX } from "./run-format.ts";

const EMPTY = Buffer.alloc(0);
const VARINT_SHIFT_MAX = 28;
/** As the length of the next block: its header has not been read. */
const UNKNOWN = -1;

/** Where a reader puts the block at hand: bytes[start, end). */
export interface BlockRoom {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

const NO_ROOM: BlockRoom = { bytes: EMPTY, start: 0, end: 0 };

/**
 * Room for readers that are merged, by the largest block of each, in one piece of memory: what copies
 * their records sees a single source, and copies twice as fast (`base/copy-bytes.ts`).
 */
export function sharedRooms(blockBytesMax: readonly number[]): BlockRoom[] {
  const bytes = Buffer.allocUnsafeSlow(blockBytesMax.reduce((sum, bytes) => sum + bytes, 0));
  let end = 0;
  return blockBytesMax.map((size) => {
    const start = end;
    end += size;
    return { bytes, start, end };
  });
}

/** See the head of this file. */
export class RunReader implements RecordSource {
  readonly path: string;
  #fd: number;
  #region: Region;
  /** One read brings a payload and the header of the block after it. */
  #buffer: Buffer;
  #roomStart: number;
  #roomEnd: number;
  /** Where in the file the next read begins. */
  #fileOffset = 0;
  #payloadOffset = 0;
  #nextPayloadBytes = 0;
  #nextChecksum = 0;
  #cursor = 0;
  #payloadEnd = 0;
  #recordsLeft = 0;
  sameKey = false;
  keeps = false;
  keyBytes: Buffer = EMPTY;
  keyStart = 0;
  keyEnd = 0;
  valueBytes: Buffer = EMPTY;
  valueStart = 0;
  valueEnd = 0;

  /** A room that is too small is left for one of the reader's own. */
  constructor(path: string, region: Region, room: BlockRoom = NO_ROOM) {
    this.path = path;
    this.#region = region;
    this.#buffer = room.bytes;
    this.#roomStart = room.start;
    this.#roomEnd = room.end;
    try {
      this.#fd = openSync(path, "r");
    } catch (error) {
      throw this.#corrupt(region.offset, `it cannot be opened (${messageOf(error)})`, error);
    }
    this.reset(region);
  }

  /** Starts over with another region of the same file, keeping the buffer. */
  reset(region: Region): void {
    this.#region = region;
    this.#recordsLeft = region.records;
    this.#fileOffset = region.offset;
    this.#cursor = 0;
    this.#payloadEnd = 0;
    this.#nextPayloadBytes = UNKNOWN;
  }

  next(): boolean {
    if (this.#cursor === this.#payloadEnd && !this.#nextBlock()) return false;
    const bytes = this.#buffer;
    let at = this.#cursor;
    let keyField = bytes[at++]!;
    if (keyField >= 0x80) {
      this.#cursor = at;
      keyField = this.#longVarint(keyField);
      at = this.#cursor;
    }
    let valueLength = bytes[at++]!;
    if (valueLength >= 0x80) {
      this.#cursor = at;
      valueLength = this.#longVarint(valueLength);
      at = this.#cursor;
    }
    if (keyField === 0) {
      if (this.#isBlockStart) throw this.#corruptRecord("a block does not spell its first key");
      this.sameKey = true;
    } else {
      this.sameKey = false;
      this.keyStart = at;
      at += keyField - 1;
      this.keyEnd = at;
    }
    this.#isBlockStart = false;
    this.valueStart = at;
    at += valueLength;
    this.valueEnd = at;
    this.#cursor = at;
    this.keeps = at < this.#payloadEnd;
    if (at > this.#payloadEnd) throw this.#corruptRecord("a record ends beyond its block");
    this.#recordsLeft--;
    return true;
  }

  /** Bytes of the region read so far. */
  get bytesRead(): number {
    return this.#fileOffset - this.#region.offset;
  }

  close(): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
    if (this.#region.copyOf !== undefined) rmSync(this.path, { force: true });
  }

  #isBlockStart = true;

  /** Reads and verifies the next block; false at the end of the region. */
  #nextBlock(): boolean {
    const end = this.#region.offset + this.#region.lengthBytes;
    if (this.#fileOffset === end) {
      if (this.#recordsLeft !== 0) {
        throw this.#corrupt(end, `it should hold ${this.#recordsLeft} records more`);
      }
      return false;
    }
    if (this.#nextPayloadBytes === UNKNOWN) this.#readFirstHeader();
    const length = this.#nextPayloadBytes;
    const payloadOffset = this.#fileOffset;
    const bytesLeft = end - payloadOffset;
    const isLast = length === bytesLeft;
    if (length === 0 || length > BLOCK_PAYLOAD_BYTES_MAX || (!isLast && bytesLeft - length <= 8)) {
      throw this.#corrupt(
        payloadOffset - BLOCK_HEADER_BYTES,
        `a block of impossible length (${length}) begins`,
      );
    }
    const bytes = isLast ? length : length + BLOCK_HEADER_BYTES;
    this.#makeRoom(bytes);
    this.#readFully(bytes);
    const buffer = this.#buffer;
    const start = this.#roomStart;
    const checksum = this.#nextChecksum;
    if (crc32(buffer.subarray(start, start + length)) !== checksum) {
      throw this.#corrupt(payloadOffset, "a block that does not match its checksum begins");
    }
    if (!isLast) this.#takeHeader(start + length);
    this.keyBytes = buffer;
    this.valueBytes = buffer;
    this.#payloadOffset = payloadOffset;
    this.#payloadEnd = start + length;
    this.#cursor = start;
    this.#isBlockStart = true;
    return true;
  }

  #readFirstHeader(): void {
    const { offset, lengthBytes } = this.#region;
    if (lengthBytes <= BLOCK_HEADER_BYTES) throw this.#corrupt(offset, "no whole block begins");
    if (this.#roomEnd - this.#roomStart < BLOCK_HEADER_BYTES) {
      this.#makeRoom(Math.min(lengthBytes, BLOCK_HEADER_BYTES + RUN_BLOCK_BYTES));
    }
    this.#readFully(BLOCK_HEADER_BYTES);
    this.#takeHeader(this.#roomStart);
  }

  #makeRoom(bytes: number): void {
    if (this.#roomEnd - this.#roomStart >= bytes) return;
    this.#buffer = Buffer.allocUnsafeSlow(bytes);
    this.#roomStart = 0;
    this.#roomEnd = bytes;
  }

  #takeHeader(position: number): void {
    this.#nextPayloadBytes = this.#buffer.readUInt32LE(position);
    this.#nextChecksum = this.#buffer.readUInt32LE(position + 4);
  }

  /** Fills the first `length` bytes of the room from the file. */
  #readFully(length: number): void {
    const start = this.#roomStart;
    for (let done = 0; done < length; ) {
      let count: number;
      try {
        count = readSync(
          this.#fd,
          this.#buffer,
          start + done,
          length - done,
          this.#fileOffset + done,
        );
      } catch (error) {
        throw this.#corrupt(this.#fileOffset + done, `reading failed (${messageOf(error)})`, error);
      }
      if (count === 0) throw this.#corrupt(this.#fileOffset + done, "the file ends");
      done += count;
    }
    this.#fileOffset += length;
  }

  /** The rest of a varint whose first byte has been read. */
  #longVarint(firstByte: number): number {
    let value = firstByte & 0x7f;
    for (let shift = 7; shift <= VARINT_SHIFT_MAX; shift += 7) {
      if (this.#cursor >= this.#payloadEnd) break;
      const byte = this.#buffer[this.#cursor++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw this.#corruptRecord("a length without an end stands");
  }

  #corruptRecord(reason: string): SheafError {
    const at = Math.min(this.#cursor, this.#payloadEnd) - this.#roomStart;
    return this.#corrupt(this.#payloadOffset + at, reason);
  }

  #corrupt(offset: number, reason: string, cause?: unknown): SheafError {
    return regionCorrupt(this.#region.copyOf ?? this.path, this.#region, offset, reason, cause);
  }
}
