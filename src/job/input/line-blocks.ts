/**
 * Cuts the segments of a split into blocks of whole lines, for the readers of text.
 *
 * What always holds: a line belongs to the segment [start, end) in which it begins, and a line
 * begins at 0 or after a "\n". So the segments of a file, however it was cut, give each line once.
 */

import { BlockReader } from "./block-reader.ts";
import type { Reading } from "./byte-source.ts";
import type { InputFile, Split } from "./input.ts";

export const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** What the bytes at hand begin with. */
type State =
  | "outside" // no segment is open
  | "file start" // perhaps a byte order mark
  | "lines" // a line of the segment
  | "other line"; // what is left of a line that began before the segment, or is too long

/** What a step came to: a block, the end of the split, or a lack of bytes. */
type Step = "block" | "end" | "more";

/** See the head of this file. A block is `buffer[start, end)`; its last line may lack a "\n". */
export class LineBlocks {
  start = 0;
  end = 0;
  /** Where `buffer[start]` stands in its file (decompressed). */
  offset = 0;
  file: InputFile | undefined;
  /** The block is the beginning of a line over the limit; what is left of it will be skipped. */
  tooLong = false;
  #state: State = "outside";
  #isLastOfSegment = false;
  readonly #bytes: BlockReader;
  readonly #lineBytesMax: number;
  readonly #keepsMark: boolean;

  /** `keepsMark`: a byte order mark at the start of a file is part of its first line. */
  constructor(split: Split, reading: Reading, lineBytesMax: number, keepsMark: boolean) {
    const { blockBytes } = reading;
    // A line of the longest kind, its "\r\n" included, fits the buffer.
    const bufferBytesMax = Math.max(blockBytes, lineBytesMax + 2);
    this.#bytes = new BlockReader(split, reading, blockBytes, bufferBytesMax);
    this.#lineBytesMax = lineBytesMax;
    this.#keepsMark = keepsMark;
  }

  /** May change from block to block. */
  get buffer(): Buffer {
    return this.#bytes.buffer;
  }

  get bytesRead(): number {
    return this.#bytes.bytesRead;
  }

  /** Gives up the block at hand for the next, of at least one line; false at the split's end. */
  fill(): boolean | Promise<boolean> {
    this.#bytes.start = this.end;
    return this.#bring();
  }

  /** Whether a line of the block may be over the limit; it finds each that is. */
  mayHoldLongLine(): boolean {
    if (this.tooLong) return true;
    const { buffer, end } = this;
    let from = this.start;
    while (end - from > this.#lineBytesMax) {
      const newline = buffer.lastIndexOf(NEWLINE, from + this.#lineBytesMax);
      if (newline < from) return true;
      from = newline + 1;
    }
    return false;
  }

  close(): void {
    this.#state = "outside";
    this.start = 0;
    this.end = 0;
    this.#bytes.close();
  }

  #bring(): boolean | Promise<boolean> {
    for (;;) {
      const step = this.#step();
      if (step === "block") return true;
      if (step === "end") {
        this.start = 0;
        this.end = 0;
        this.#bytes.start = this.#bytes.end;
        return false;
      }
      const wait = this.#bytes.more();
      if (wait !== undefined) return wait.then(() => this.#bring());
    }
  }

  #step(): Step {
    for (;;) {
      switch (this.#state) {
        case "outside":
          if (!this.#openNext()) return "end";
          break;
        case "file start":
          if (!this.#skipMark()) return "more";
          break;
        case "other line":
          if (!this.#skipLine()) return "more";
          break;
        case "lines": {
          const step = this.#cutBlock();
          if (step !== "end") return step;
          this.#finishSegment();
        }
      }
    }
  }

  #openNext(): boolean {
    const segment = this.#bytes.nextSegment();
    if (segment === undefined) return false;
    // The byte before the segment tells whether a line begins with it.
    this.#bytes.openNext(Math.max(0, segment.start - 1));
    this.file = segment.file;
    this.#isLastOfSegment = false;
    this.#state = segment.start === 0 ? "file start" : "other line";
    return true;
  }

  #finishSegment(): void {
    this.#state = "outside";
    this.#bytes.finishSegment();
  }

  /** Drops a byte order mark; false while there are too few bytes to tell. */
  #skipMark(): boolean {
    const { buffer, start, end, atFileEnd } = this.#bytes;
    if (end - start < 3 && !atFileEnd) return false;
    const isMark =
      end - start >= 3 &&
      buffer[start] === 0xef &&
      buffer[start + 1] === 0xbb &&
      buffer[start + 2] === 0xbf;
    if (isMark && !this.#keepsMark) this.#bytes.start += 3;
    this.#state = "lines";
    return true;
  }

  /** Drops everything up to the next line; false where that is not at hand. */
  #skipLine(): boolean {
    const bytes = this.#bytes;
    const newline = this.#newlineFrom(bytes.start);
    bytes.start = newline === -1 ? bytes.end : newline + 1;
    if (bytes.offset >= bytes.limit) this.#finishSegment();
    else if (newline !== -1) this.#state = "lines";
    else if (bytes.atFileEnd) this.#finishSegment();
    else return false;
    return true;
  }

  /** Makes a block of the whole lines at hand; "end" after the last line of the segment. */
  #cutBlock(): Step {
    const bytes = this.#bytes;
    const { buffer, start, end } = bytes;
    if (this.#isLastOfSegment) return "end";
    if (start === end) return bytes.atFileEnd ? "end" : "more";
    // The segment's last line holds its last byte; a mark may make a first line begin after that.
    const lastByte = start + (bytes.limit - bytes.offset) - 1;
    const lastNewline = lastByte < end ? this.#newlineFrom(Math.max(start, lastByte)) : -1;
    this.#isLastOfSegment = lastNewline !== -1 || bytes.atFileEnd;
    if (lastNewline !== -1) return this.#offer(lastNewline + 1);
    if (bytes.atFileEnd) return this.#offer(end);
    const newline = buffer.lastIndexOf(NEWLINE, end - 1);
    if (newline >= start) return this.#offer(newline + 1);
    if (end - start < this.#lineBytesMax + 2) return "more";
    this.#state = "other line";
    this.#offer(end);
    this.tooLong = true;
    return "block";
  }

  #offer(blockEnd: number): "block" {
    this.start = this.#bytes.start;
    this.end = blockEnd;
    this.offset = this.#bytes.offset;
    this.tooLong = false;
    return "block";
  }

  /** The first "\n" at hand at or after `from`, or -1. */
  #newlineFrom(from: number): number {
    const newline = this.#bytes.buffer.indexOf(NEWLINE, from);
    // Behind the bytes at hand lie old ones.
    return newline < this.#bytes.end ? newline : -1;
  }
}

/**
 * The character that goes with a "\n" where it stands before it. Where lines end in "\n" alone it is
 * one that no text has: so a reader compares once, whichever way it reads.
 */
export function beforeNewline(exact: boolean): number {
  return exact ? -1 : CARRIAGE_RETURN;
}

/** Where the line that fills buffer[from, to) ends without its "\n", and what goes with it. */
export function lineEnd(buffer: Buffer, from: number, to: number, dropped: number): number {
  if (to === from || buffer[to - 1] !== NEWLINE) return to;
  return to - 1 > from && buffer[to - 2] === dropped ? to - 2 : to - 1;
}
