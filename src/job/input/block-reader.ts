/**
 * Reads the segments of a split one after the other into one reused buffer, in which the record
 * readers find their records. What a reader has not used up stays in front of what comes next.
 */

import { assert } from "../../base/assert.ts";
import { borrowBlock, returnBlock } from "./block-memory.ts";
import type { ByteSource, Reading } from "./byte-source.ts";
import type { Segment, Split } from "./input.ts";
import { OVERRUN_BYTES, SourceQueue } from "./source-queue.ts";

const NO_BYTES = Buffer.alloc(0);

/** See the head of this file. The bytes at hand are `buffer[start, end)`. */
export class BlockReader {
  buffer: Buffer;
  /** Moved on by whoever uses up bytes. */
  start = 0;
  end = 0;
  /** Whether the file has no bytes after those at hand. */
  atFileEnd = false;
  #closed = false;
  /** Whether a read is under way, or has failed. */
  #isWaiting = false;
  /** Where the next read begins in the file (decompressed). */
  #nextOffset = 0;
  #segment: Segment | undefined;
  #segmentIndex = -1;
  #source: ByteSource | undefined;
  /** Bytes of the segments before the current one. */
  #finishedBytes = 0;
  readonly #split: Split;
  readonly #sources: SourceQueue;
  readonly #bufferBytes: number;
  readonly #bufferBytesMax: number;

  /** The buffer has `bufferBytes`, and grows to `bufferBytesMax` where one record needs it. */
  constructor(split: Split, reading: Reading, bufferBytes: number, bufferBytesMax: number) {
    this.#split = split;
    this.#sources = new SourceQueue(split, reading);
    this.#bufferBytes = bufferBytes;
    this.#bufferBytesMax = bufferBytesMax;
    this.buffer = NO_BYTES;
  }

  /** The segment being read; undefined before the first and after each. */
  get segment(): Segment | undefined {
    return this.#segment;
  }

  /** Where `buffer[start]` stands in its file (decompressed). */
  get offset(): number {
    return this.#nextOffset - (this.end - this.start);
  }

  /** Where in the file (decompressed) the segment ends; nobody knows for a compressed file. */
  get limit(): number {
    const segment = this.#segment!;
    return segment.file.compression === "none" ? segment.end : Number.POSITIVE_INFINITY;
  }

  /** Input bytes taken in so far, as stored; each byte of the split counts once. */
  get bytesRead(): number {
    if (this.#segment === undefined || this.#source === undefined) return this.#finishedBytes;
    const { start, end } = this.#segment;
    const inSegment = Math.min(this.#source.position, end) - start;
    return this.#finishedBytes + Math.max(0, inSegment);
  }

  /** The segment after the current one, not yet opened; undefined at the end of the split. */
  nextSegment(): Segment | undefined {
    return this.#closed ? undefined : this.#split.segments[this.#segmentIndex + 1];
  }

  /** Opens the next segment, to read from `offset` of its file on into a buffer of that size. */
  openNext(offset: number, bufferBytes: number = this.#bufferBytes): void {
    const segment = this.nextSegment();
    assert(segment !== undefined && this.#segment === undefined, "a split is read in order");
    this.#segmentIndex++;
    this.#source = this.#sources.open(this.#segmentIndex, offset);
    this.#segment = segment;
    this.start = 0;
    this.end = 0;
    this.#moveTo(offset);
    // A buffer that one long record needed is given back.
    if (this.buffer.length !== bufferBytes) this.buffer = borrowBlock(bufferBytes);
  }

  /** The segment's records have been read: checks that its file did not change, and closes it. */
  finishSegment(): void {
    assert(this.#segment !== undefined, "a finished segment was open");
    this.#finishedBytes += this.#segment.end - this.#segment.start;
    this.#segment = undefined;
    this.start = this.end;
    const source = this.#source;
    this.#source = undefined;
    try {
      source?.verify();
    } finally {
      source?.close();
    }
  }

  /** Reads more bytes behind those at hand, or finds the file's end; a promise means to wait. */
  more(): Promise<void> | undefined {
    this.#makeRoom();
    const { buffer, end } = this;
    const room = buffer.length - end;
    assert(room > 0, "a record fits the buffer that its limit allows");
    const useful = Math.max(0, this.limit - this.#nextOffset) + OVERRUN_BYTES;
    const count = this.#source!.read(buffer, end, end + Math.min(room, useful));
    if (typeof count !== "number") {
      this.#isWaiting = true;
      return count.then((awaited) => this.#took(awaited));
    }
    this.#took(count);
    return undefined;
  }

  /** Gives everything back, at any time; the next reader writes over the bytes at hand. */
  close(): void {
    this.#closed = true;
    // What a read under way still writes must not be written into another reader's block.
    if (!this.#isWaiting) returnBlock(this.buffer);
    this.buffer = NO_BYTES;
    this.#segment = undefined;
    this.#source?.close();
    this.#source = undefined;
    this.#sources.close();
  }

  #took(count: number): void {
    this.#isWaiting = false;
    // A read that waited may find the reader closed.
    if (this.#segment === undefined) return;
    this.end += count;
    this.#moveTo(this.#nextOffset + count);
    if (count === 0) this.atFileEnd = true;
  }

  #moveTo(offset: number): void {
    const { compression, sizeBytes } = this.#segment!.file;
    this.#nextOffset = offset;
    this.atFileEnd = compression === "none" && offset >= sizeBytes;
  }

  /** Moves the bytes at hand to the front; doubles the buffer where they fill most of it. */
  #makeRoom(): void {
    const { buffer, start, end } = this;
    const length = end - start;
    if (length * 2 > buffer.length && buffer.length < this.#bufferBytesMax) {
      const grown = Buffer.allocUnsafeSlow(Math.min(buffer.length * 2, this.#bufferBytesMax));
      buffer.copy(grown, 0, start, end);
      this.buffer = grown;
    } else if (start > 0) {
      buffer.copyWithin(0, start, end);
    }
    this.start = 0;
    this.end = length;
  }
}
