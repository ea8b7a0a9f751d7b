/**
 * Reads the records of one region of a run file (`run-format.ts`), in order.
 *
 * What always holds: no record of a block is shown before the block's checksum has been verified,
 * and whatever is damaged or missing is reported as `REGION_CORRUPT` with its place. The reader has
 * one buffer, as large as the largest block it has met.
 */

import { closeSync, openSync, readSync } from "node:fs";
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

/** See the head of this file. */
export class RunReader implements RecordSource {
  readonly path: string;
  #fd: number;
  #region: Region;
  /** One read brings a payload and the header of the block after it. */
  #buffer: Buffer = EMPTY;
  /** Where in the file the next read begins. */
  #fileOffset = 0;
  #payloadOffset = 0;
  #nextPayloadBytes = 0;
  #nextChecksum = 0;
  #cursor = 0;
  #payloadEnd = 0;
  #recordsLeft = 0;
  sameKey = false;
  keyBytes: Buffer = EMPTY;
  keyStart = 0;
  keyEnd = 0;
  valueBytes: Buffer = EMPTY;
  valueStart = 0;
  valueEnd = 0;

  constructor(path: string, region: Region) {
    this.path = path;
    this.#region = region;
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
    if (this.#buffer.length < bytes) this.#buffer = Buffer.allocUnsafeSlow(bytes);
    this.#readFully(bytes);
    const buffer = this.#buffer;
    const checksum = this.#nextChecksum;
    if (crc32(buffer.subarray(0, length)) !== checksum) {
      throw this.#corrupt(payloadOffset, "a block that does not match its checksum begins");
    }
    if (!isLast) this.#takeHeader(length);
    this.keyBytes = buffer;
    this.valueBytes = buffer;
    this.#payloadOffset = payloadOffset;
    this.#payloadEnd = length;
    this.#cursor = 0;
    this.#isBlockStart = true;
    return true;
  }

  #readFirstHeader(): void {
    const { offset, lengthBytes } = this.#region;
    if (lengthBytes <= BLOCK_HEADER_BYTES) throw this.#corrupt(offset, "no whole block begins");
    const first = Math.min(lengthBytes, BLOCK_HEADER_BYTES + RUN_BLOCK_BYTES);
    if (this.#buffer.length < first) this.#buffer = Buffer.allocUnsafeSlow(first);
    this.#readFully(BLOCK_HEADER_BYTES);
    this.#takeHeader(0);
  }

  #takeHeader(position: number): void {
    this.#nextPayloadBytes = this.#buffer.readUInt32LE(position);
    this.#nextChecksum = this.#buffer.readUInt32LE(position + 4);
  }

  /** Fills the first `length` bytes of the buffer from the file. */
  #readFully(length: number): void {
    for (let done = 0; done < length; ) {
      let count: number;
      try {
        count = readSync(this.#fd, this.#buffer, done, length - done, this.#fileOffset + done);
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
    return this.#corrupt(this.#payloadOffset + Math.min(this.#cursor, this.#payloadEnd), reason);
  }

  #corrupt(offset: number, reason: string, cause?: unknown): SheafError {
    return regionCorrupt(this.path, this.#region, offset, reason, cause);
  }
}
