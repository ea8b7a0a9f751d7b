/**
 * Reads the lines of a split as views of the block they lie in: no text is made and nothing is
 * copied. One view is moved from line to line.
 */

import { ByteView } from "../../base/byte-view.ts";
import type { SheafError } from "../../base/error.ts";
import type { Reading } from "./byte-source.ts";
import { excerptOf } from "./decode-text.ts";
import type { Position, RecordReader, Split } from "./input.ts";
import { recordTooLarge } from "./input-error.ts";
import { beforeNewline, LineBlocks, NEWLINE } from "./line-blocks.ts";
import { LineFilter } from "./line-filter.ts";
import { MovingPosition } from "./moving-position.ts";

/** What `LineViewReader` needs to know of the options. */
export interface LineViewSettings {
  /** Only "\n" ends a line, and a byte order mark is part of it. */
  readonly exact: boolean;
  readonly lineBytesMax: number;
  /** Which lines are records; all of them unless given. */
  readonly matching?: RegExp | undefined;
  /** What raises it: the end of a message. */
  readonly limitOption: string;
}

/** See the head of this file. */
export class LineViewReader implements RecordReader<Position, ByteView> {
  readonly key = new MovingPosition();
  readonly position = this.key;
  readonly value = new ByteView(Buffer.alloc(0));
  #buffer: Buffer = this.value.bytes;
  /** Lines not yet read: #buffer[#next, #end). */
  #next = 0;
  #end = 0;
  /** What is left out of a line if its "\n" follows; -1 for nothing. */
  readonly #dropped: number;
  readonly #lineBytesMax: number;
  readonly #blocks: LineBlocks;
  readonly #filter: LineFilter | undefined;
  readonly #settings: LineViewSettings;

  constructor(split: Split, settings: LineViewSettings, reading: Reading) {
    const { lineBytesMax, exact, matching } = settings;
    this.#blocks = new LineBlocks(split, reading, lineBytesMax, exact);
    this.#dropped = beforeNewline(exact);
    this.#filter = matching && new LineFilter(matching, "utf-8");
    this.#lineBytesMax = lineBytesMax;
    this.#settings = settings;
  }

  get bytesRead(): number {
    return this.#blocks.bytesRead;
  }

  next(): boolean {
    const filter = this.#filter;
    if (filter === undefined) return this.#nextLine();
    do {
      this.#next = filter.nextLine(this.#next);
      if (!this.#nextLine()) return false;
    } while (!filter.matches(this.value.toString()));
    return true;
  }

  #nextLine(): boolean {
    const from = this.#next;
    const end = this.#end;
    if (from >= end) return false;
    // A native search costs 8 to 28 ns a call, and beats a loop over bytes or words of four of them
    // (0.3 to 0.7 ns a byte) even for lines of six bytes.
    let to = this.#buffer.indexOf(NEWLINE, from);
    if (to === -1 || to >= end) {
      // Only the last line of a file has no "\n"; a "\r" there is part of it.
      to = end;
      this.#next = end;
    } else {
      this.#next = to + 1;
      if (to > from && this.#buffer[to - 1] === this.#dropped) to--;
    }
    const view = this.value;
    view.start = from;
    view.end = to;
    this.key.at = from;
    if (to - from > this.#lineBytesMax) throw this.#tooLarge();
    return true;
  }

  fill(): boolean | Promise<boolean> {
    const filled = this.#blocks.fill();
    if (typeof filled === "boolean") return this.#enterBlock(filled);
    return filled.then((awaited) => this.#enterBlock(awaited));
  }

  excerpt(charsMax: number): string {
    const { bytes, start, end } = this.value;
    const shownEnd = Math.min(end, start + 4 * (charsMax + 1));
    return excerptOf(bytes.toString("utf8", start, shownEnd), charsMax);
  }

  close(): void {
    this.#blocks.close();
    this.#end = 0;
  }

  #enterBlock(filled: boolean): boolean {
    const { buffer, start, end, offset, file } = this.#blocks;
    this.#buffer = buffer;
    this.value.bytes = buffer;
    this.value.start = start;
    this.value.end = start;
    this.#next = start;
    this.#end = filled ? end : start;
    if (!filled) return false;
    this.key.moveToBlock(file!, offset - start);
    this.#filter?.enterBlock(buffer, start, end, !this.#blocks.mayHoldLongLine());
    return true;
  }

  #tooLarge(): SheafError {
    const { lineBytesMax, limitOption } = this.#settings;
    return recordTooLarge(this.#blocks.file!, "line", this.key.offset, lineBytesMax, limitOption);
  }
}
