/**
 * Writes a run file: regions of records that come sorted, in checksummed blocks (`run-format.ts`).
 * Spills, intermediate merges and map outputs are all written here.
 *
 * What always holds: the file system sees writes of at least `RUN_WRITE_BYTES`, the last one of the
 * file apart; nothing is left behind after `discard`.
 */

import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";

import { assert } from "../base/assert.ts";
import { ByteCopier } from "../base/copy-bytes.ts";
import { RUN_BLOCK_BYTES } from "../base/limits.ts";
import type { MapOutput, Region } from "./map-output.ts";
import { runWriteError } from "./run-error.ts";
import {
  BLOCK_HEADER_BYTES,
  RECORD_HEADER_BYTES_MAX,
  RUN_WRITE_BYTES,
  writeVarint,
} from "./run-format.ts";

const NO_KEY = -1;

/** See the head of this file. */
export class RunWriter {
  readonly path: string;
  readonly #blockBytes: number;
  #fd: number;
  readonly #buffer: Buffer;
  readonly #keyCopier: ByteCopier;
  readonly #valueCopier: ByteCopier;
  /** Where the next byte goes in the buffer. */
  #position = 0;
  /** Header of the open block in the buffer. */
  #blockStart = 0;
  /** The last key in the open block, for the same-key marker. */
  #keyStart = NO_KEY;
  #keyEnd = NO_KEY;
  /** Bytes handed to the file system so far. */
  #flushedBytes = 0;
  readonly #regions: Region[] = [];
  #regionOffset = 0;
  #regionRecords = 0;
  #regionBlockBytesMax = 0;
  /** Records written so far, in all regions. */
  records = 0;

  /** Opens `path`, replacing what it held. `blockBytes` is the payload at which a block is full. */
  constructor(path: string, blockBytes: number = RUN_BLOCK_BYTES) {
    this.path = path;
    this.#blockBytes = blockBytes;
    try {
      this.#fd = openSync(path, "w");
    } catch (error) {
      throw runWriteError(path, error);
    }
    const blockMax = BLOCK_HEADER_BYTES + blockBytes + RECORD_HEADER_BYTES_MAX;
    this.#buffer = Buffer.allocUnsafeSlow(RUN_WRITE_BYTES + blockMax);
    this.#keyCopier = new ByteCopier(this.#buffer);
    this.#valueCopier = new ByteCopier(this.#buffer);
    this.#openBlock();
  }

  /**
   * Appends a record to the open region. `sameKey` may be true only if the key equals that of the
   * record before; otherwise the writer finds out by itself.
   */
  write(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueStart: number,
    valueEnd: number,
    sameKey = false,
  ): void {
    const keyLength = keyEnd - keyStart;
    const valueLength = valueEnd - valueStart;
    const bytesMax = keyLength + valueLength + RECORD_HEADER_BYTES_MAX;
    const buffer = this.#buffer;
    if (this.#position + bytesMax > this.#blockStart + BLOCK_HEADER_BYTES + this.#blockBytes) {
      this.#sealBlock();
      if (bytesMax > this.#blockBytes) {
        this.#writeAlone(keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd);
        return;
      }
    }
    this.#regionRecords++;
    const same =
      this.#keyStart !== NO_KEY && (sameKey || this.#isLastKey(keyBytes, keyStart, keyEnd));
    let position = this.#position;
    if (same) {
      buffer[position++] = 0;
      position = writeVarint(buffer, position, valueLength);
      this.#position = this.#valueCopier.copy(valueBytes, valueStart, valueEnd, position);
      return;
    }
    position = writeVarint(buffer, position, keyLength + 1);
    position = writeVarint(buffer, position, valueLength);
    this.#keyStart = position;
    this.#keyEnd = position + keyLength;
    if (keyBytes === valueBytes && keyEnd === valueStart) {
      // Most sources hold a record in one piece, and one copy costs half of two.
      this.#position = this.#keyCopier.copy(keyBytes, keyStart, valueEnd, position);
    } else {
      position = this.#keyCopier.copy(keyBytes, keyStart, keyEnd, position);
      this.#position = this.#valueCopier.copy(valueBytes, valueStart, valueEnd, position);
    }
  }

  /** Ends the open region; the next record opens the region of the next partition. */
  endRegion(): Region {
    this.#sealBlock();
    const end = this.#flushedBytes + this.#position - BLOCK_HEADER_BYTES;
    const region: Region = {
      offset: this.#regionOffset,
      lengthBytes: end - this.#regionOffset,
      records: this.#regionRecords,
      blockBytesMax: this.#regionBlockBytesMax,
    };
    this.#regions.push(region);
    this.records += region.records;
    this.#regionOffset = end;
    this.#regionRecords = 0;
    this.#regionBlockBytesMax = 0;
    return region;
  }

  /** Writes what is buffered and closes the file. Every region must have been ended. */
  finish(): MapOutput {
    assert(
      this.#position === this.#blockStart + BLOCK_HEADER_BYTES && this.#regionRecords === 0,
      "a run is finished only after its last region has ended",
    );
    this.#flush(this.#blockStart);
    try {
      const fd = this.#fd;
      this.#fd = -1;
      closeSync(fd);
    } catch (error) {
      throw runWriteError(this.path, error);
    }
    return { path: this.path, regions: this.#regions };
  }

  /** Closes and removes the file. May be called at any time, also after a failure. */
  discard(): void {
    try {
      if (this.#fd >= 0) closeSync(this.#fd);
    } catch {
      // The file goes away all the same.
    }
    this.#fd = -1;
    removeRun(this.path);
  }

  #isLastKey(bytes: Buffer, start: number, end: number): boolean {
    if (end - start !== this.#keyEnd - this.#keyStart) return false;
    const buffer = this.#buffer;
    // From the last byte, because neighbours in a sorted run share their first ones.
    for (let i = end - 1, j = this.#keyEnd - 1; i >= start; i--, j--) {
      if (bytes[i] !== buffer[j]) return false;
    }
    return true;
  }

  #openBlock(): void {
    this.#blockStart = this.#position;
    this.#position += BLOCK_HEADER_BYTES;
    this.#keyStart = NO_KEY;
  }

  /** Completes the open block, if it holds anything, and opens the next. */
  #sealBlock(): void {
    const payloadStart = this.#blockStart + BLOCK_HEADER_BYTES;
    const length = this.#position - payloadStart;
    if (length === 0) return;
    const buffer = this.#buffer;
    buffer.writeUInt32LE(length, this.#blockStart);
    buffer.writeUInt32LE(
      crc32(buffer.subarray(payloadStart, this.#position)),
      this.#blockStart + 4,
    );
    this.#noteBlock(BLOCK_HEADER_BYTES + length);
    if (this.#position >= RUN_WRITE_BYTES) this.#flush(this.#position);
    this.#openBlock();
  }

  #noteBlock(bytes: number): void {
    if (bytes > this.#regionBlockBytesMax) this.#regionBlockBytesMax = bytes;
  }

  /** A record larger than a block: it is checksummed and written from where it lies. */
  #writeAlone(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueStart: number,
    valueEnd: number,
  ): void {
    const key = keyBytes.subarray(keyStart, keyEnd);
    const value = valueBytes.subarray(valueStart, valueEnd);
    const buffer = this.#buffer;
    const payloadStart = this.#position;
    let position = writeVarint(buffer, payloadStart, key.length + 1);
    position = writeVarint(buffer, position, value.length);
    const lengths = buffer.subarray(payloadStart, position);
    const payloadBytes = lengths.length + key.length + value.length;
    buffer.writeUInt32LE(payloadBytes, this.#blockStart);
    let checksum = crc32(lengths);
    // Not of nothing: Node gives 0 for it, whatever came before.
    if (key.length > 0) checksum = crc32(key, checksum);
    if (value.length > 0) checksum = crc32(value, checksum);
    buffer.writeUInt32LE(checksum, this.#blockStart + 4);
    this.#noteBlock(BLOCK_HEADER_BYTES + payloadBytes);
    this.#flush(position);
    this.#writeFully(key, key.length);
    this.#writeFully(value, value.length);
    this.#regionRecords++;
    this.#openBlock();
  }

  /** Writes the first `length` bytes of the buffer, and starts it anew. */
  #flush(length: number): void {
    this.#writeFully(this.#buffer, length);
    this.#position = 0;
  }

  #writeFully(bytes: Buffer, length: number): void {
    try {
      for (let done = 0; done < length; ) {
        done += writeSync(this.#fd, bytes, done, length - done);
      }
    } catch (error) {
      throw runWriteError(this.path, error);
    }
    this.#flushedBytes += length;
  }
}

/** Removes a run file, if it is there. What cannot be removed is left to the owner of the folder. */
export function removeRun(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Already gone, or beyond our rights: either way the caller's own outcome matters more.
  }
}
