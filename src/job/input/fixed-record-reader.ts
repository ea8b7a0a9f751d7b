/**
 * Reads the fixed-length records of a split as views of the block they lie in. A record belongs to
 * the segment [start, end) in which it begins, so that a file may be cut anywhere.
 */

import { ByteView } from "../../base/byte-view.ts";
import type { SheafError } from "../../base/error.ts";
import { BlockReader } from "./block-reader.ts";
import type { Reading } from "./byte-source.ts";
import { excerptOf } from "./decode-text.ts";
import type { InputFile, Position, RecordReader, Split } from "./input.ts";
import { recordInvalid } from "./input-error.ts";
import { MovingPosition } from "./moving-position.ts";

/** See the head of this file. */
export class FixedRecordReader implements RecordReader<Position, ByteView> {
  readonly key = new MovingPosition();
  readonly position = this.key;
  readonly value = new ByteView(Buffer.alloc(0));
  /** Whole records not yet read: [#next, #end) of the buffer. */
  #next = 0;
  #end = 0;
  /** The block at hand is what is left at the end of a file: less than a record. */
  #isRest = false;
  #file: InputFile | undefined;
  readonly #recordBytes: number;
  readonly #bytes: BlockReader;

  constructor(split: Split, recordBytes: number, reading: Reading) {
    // Whole records only, so that none has to be moved from block to block.
    const perBlock = Math.max(1, Math.floor(reading.blockBytes / recordBytes));
    const bufferBytes = perBlock * recordBytes;
    this.#recordBytes = recordBytes;
    this.#bytes = new BlockReader(split, reading, bufferBytes, bufferBytes);
  }

  get bytesRead(): number {
    return this.#bytes.bytesRead;
  }

  next(): boolean {
    const from = this.#next;
    if (from >= this.#end) return false;
    const to = from + this.#recordBytes;
    this.#next = to;
    this.value.start = from;
    this.value.end = to;
    this.key.at = from;
    if (this.#isRest) throw this.#incomplete();
    return true;
  }

  fill(): boolean | Promise<boolean> {
    this.#bytes.start = this.#end;
    return this.#bring();
  }

  excerpt(charsMax: number): string {
    const { bytes, start, end } = this.value;
    // A character has 4 bytes at the most.
    const shownEnd = Math.min(end, start + 4 * (charsMax + 1));
    return excerptOf(bytes.toString("utf8", start, shownEnd), charsMax);
  }

  close(): void {
    this.#next = 0;
    this.#end = 0;
    this.#bytes.close();
  }

  #bring(): boolean | Promise<boolean> {
    const bytes = this.#bytes;
    for (;;) {
      if (bytes.segment === undefined && !this.#openNext()) {
        this.#next = 0;
        this.#end = 0;
        return false;
      }
      if (bytes.offset >= bytes.limit) {
        bytes.finishSegment();
      } else if (bytes.end - bytes.start >= this.#recordBytes) {
        this.#offerRecords();
        return true;
      } else if (!bytes.atFileEnd) {
        const wait = bytes.more();
        if (wait !== undefined) return wait.then(() => this.#bring());
      } else if (bytes.start === bytes.end) {
        bytes.finishSegment();
      } else {
        this.#offer(bytes.end, true);
        return true;
      }
    }
  }

  #openNext(): boolean {
    const segment = this.#bytes.nextSegment();
    if (segment === undefined) return false;
    this.#file = segment.file;
    this.#bytes.openNext(this.#recordAtOrAfter(segment.start));
    return true;
  }

  #recordAtOrAfter(offset: number): number {
    return Math.ceil(offset / this.#recordBytes) * this.#recordBytes;
  }

  /** Offers the whole records at hand that begin in the segment. */
  #offerRecords(): void {
    const { start, end, offset, limit } = this.#bytes;
    const whole = Math.floor((end - start) / this.#recordBytes) * this.#recordBytes;
    const owned = this.#recordAtOrAfter(limit) - offset;
    this.#offer(start + Math.min(whole, owned), false);
  }

  #offer(end: number, isRest: boolean): void {
    const { buffer, start, offset } = this.#bytes;
    this.key.moveToBlock(this.#file!, offset - start);
    this.value.bytes = buffer;
    this.value.start = start;
    this.value.end = start;
    this.#next = start;
    this.#end = end;
    this.#isRest = isRest;
  }

  #incomplete(): SheafError {
    this.value.end = this.#end;
    return recordInvalid(
      this.#file!,
      "record",
      this.key.offset,
      `the file ends after ${this.value.length} of its ${this.#recordBytes} bytes`,
      "Check that the file is whole, and that fixedRecords({ bytes }) is its record length.",
    );
  }
}
