/**
 * Reads the lines of a split as strings. Text is decoded in pieces of many lines, because a decoder
 * costs more to call than to run; each line is then a slice of its piece.
 *
 * A slice of 13 characters or more keeps its whole piece alive in V8: a job that keeps a line for
 * later may keep 64 KiB with it. It is why pieces are small beside the blocks that files are read
 * in.
 */

import { isAscii, isUtf8 } from "node:buffer";
import type { SheafError } from "../../base/error.ts";
import { forgetOrigins, noteLine, type TextOrigin } from "../../base/text-origin.ts";
import type { Reading } from "./byte-source.ts";
import { decodeUtf8, excerptOf, invalidUtf8At } from "./decode-text.ts";
import type { InputFile, Position, RecordReader, Split } from "./input.ts";
import { recordInvalid, recordTooLarge } from "./input-error.ts";
import { beforeNewline, LineBlocks, lineEnd, NEWLINE } from "./line-blocks.ts";
import { LineFilter } from "./line-filter.ts";
import { type DecodedLines, MovingPosition } from "./moving-position.ts";

/** What is decoded at once: it fits the second-level cache, and V8's young generation. */
const PIECE_BYTES = 64 * 1024;
/** What is kept of a line that cannot be read, for messages. */
const BAD_LINE_BYTES_MAX = 4096;

/** How text is read; all of it decided. */
export interface TextSettings {
  readonly encoding: "utf-8" | "latin1";
  readonly invalid: "error" | "replace";
  /** Only "\n" ends a line, and a byte order mark is part of it. */
  readonly exact: boolean;
  readonly lineBytesMax: number;
  /** Which lines are records; all of them unless given. */
  readonly matching?: RegExp | undefined;
  /** What to do about invalid UTF-8, and what raises `lineBytesMax`: the ends of messages. */
  readonly invalidAdvice: string;
  readonly limitOption: string;
}

/** See the head of this file. */
export class TextReader implements RecordReader<Position, string>, TextOrigin {
  readonly key = new MovingPosition();
  readonly position = this.key;
  value = "";
  /** Where the line stands in its block: where a piece is ASCII, this is the origin of its lines. */
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** The piece at hand, and where its next line begins. */
  #text = "";
  #next = 0;
  /** Where the piece begins in the block. */
  #pieceStart = 0;
  /** A line of at most this many UTF-16 units cannot be over the limit. */
  #safeUnits = 0;
  /** What is wrong with the line that stands in place of a piece. */
  #failure: SheafError | undefined;
  /** The bytes of the block from here on are not yet decoded. */
  #undecoded = 0;
  /** Up to here the block holds invalid UTF-8 somewhere, so it is decoded line by line. */
  #mixedUntil = 0;
  /** What is left out of a line if its "\n" follows; -1 for nothing. */
  readonly #dropped: number;
  readonly #blocks: LineBlocks;
  readonly #filter: LineFilter | undefined;
  readonly #settings: TextSettings;
  readonly #pieceBytes: number;

  constructor(
    split: Split,
    settings: TextSettings,
    reading: Reading,
    pieceBytes: number = PIECE_BYTES,
  ) {
    const { lineBytesMax, encoding, exact, matching } = settings;
    this.#blocks = new LineBlocks(split, reading, lineBytesMax, exact || encoding === "latin1");
    this.#dropped = beforeNewline(exact);
    this.#filter = matching && new LineFilter(matching, encoding, pieceBytes);
    this.#settings = settings;
    this.#pieceBytes = pieceBytes;
  }

  /** The file of the current line; undefined before the first. */
  get file(): InputFile | undefined {
    return this.#blocks.file;
  }

  get bytesRead(): number {
    return this.#blocks.bytesRead;
  }

  next(): boolean {
    const filter = this.#filter;
    do {
      if (!this.#nextLine()) return false;
    } while (filter !== undefined && !filter.matches(this.value));
    return true;
  }

  #nextLine(): boolean {
    const text = this.#text;
    const from = this.#next;
    if (from >= text.length) return this.#endPiece();
    const newline = text.indexOf("\n", from);
    let to = newline;
    if (newline === -1) {
      // Only the last line of a file has no "\n"; a "\r" there is part of it.
      to = text.length;
      this.#next = to;
    } else {
      this.#next = newline + 1;
      if (to > from && text.charCodeAt(to - 1) === this.#dropped) to--;
    }
    this.key.at = from;
    if (to - from > this.#safeUnits) this.#checkLength(from, to);
    this.value = text.slice(from, to);
    this.start = this.#pieceStart + from;
    this.end = this.#pieceStart + to;
    return true;
  }

  fill(): boolean | Promise<boolean> {
    forgetOrigins();
    if (this.#undecoded < this.#blocks.end) {
      this.#decodePiece();
      return true;
    }
    const filled = this.#blocks.fill();
    if (typeof filled === "boolean") return this.#enterBlock(filled);
    return filled.then((awaited) => this.#enterBlock(awaited));
  }

  excerpt(charsMax: number): string {
    return excerptOf(this.value, charsMax);
  }

  close(): void {
    forgetOrigins();
    this.#blocks.close();
    this.#text = "";
    this.#failure = undefined;
    this.#undecoded = 0;
  }

  #enterBlock(filled: boolean): boolean {
    const { buffer, start, end } = this.#blocks;
    this.#undecoded = start;
    this.#mixedUntil = 0;
    if (!filled) return false;
    this.#filter?.enterBlock(buffer, start, end, this.#isSound());
    this.#decodePiece();
    return true;
  }

  /** Whether every line of the block can be read. */
  #isSound(): boolean {
    const { buffer, start, end } = this.#blocks;
    const { encoding, invalid } = this.#settings;
    if (this.#blocks.mayHoldLongLine()) return false;
    return encoding === "latin1" || invalid === "replace" || isUtf8(buffer.subarray(start, end));
  }

  /** No line is left in the piece, or an unreadable one stands in its place. */
  #endPiece(): false {
    const failure = this.#failure;
    if (failure === undefined) return false;
    this.#failure = undefined;
    throw failure;
  }

  /** Makes a piece of the next lines of the block. */
  #decodePiece(): void {
    const { buffer, tooLong, end } = this.#blocks;
    const { encoding, invalid, lineBytesMax } = this.#settings;
    const filter = this.#filter;
    const from = filter === undefined ? this.#undecoded : filter.nextLine(this.#undecoded);
    if (from === end) return this.#offerNothing();
    const isMixed = from < this.#mixedUntil;
    const to = this.#pieceEnd(from, isMixed ? 1 : (filter?.pieceBytes ?? this.#pieceBytes));
    const bytes = buffer.subarray(from, to);
    if (tooLong) {
      this.#standIn(from, to, this.#tooLarge(this.#offsetOf(from)));
    } else if (isAscii(bytes)) {
      this.#offer(from, bytes.toString("latin1"), lineBytesMax);
      this.#isOrigin(buffer, from);
    } else if (encoding === "latin1") {
      this.#offer(from, bytes.toString("latin1"), lineBytesMax);
    } else if (isUtf8(bytes)) {
      const text = decodeUtf8(bytes);
      // A UTF-16 unit stands for 3 bytes of UTF-8 at the most.
      this.#offer(from, text, Math.floor(lineBytesMax / 3), { text, bytes });
    } else if (!isMixed) {
      this.#undecoded = from;
      this.#mixedUntil = to;
      this.#decodePiece();
      return;
    } else if (lineEnd(buffer, from, to, this.#dropped) - from > lineBytesMax) {
      this.#standIn(from, to, this.#tooLarge(this.#offsetOf(from)));
    } else if (invalid === "error") {
      this.#standIn(from, to, this.#invalidUtf8(from, bytes));
    } else {
      this.#offer(from, bytes.toString("utf8"), Number.POSITIVE_INFINITY);
    }
    this.#undecoded = to;
  }

  /** The end of the last line within `bytes` of `from`, or of the first line if it is longer. */
  #pieceEnd(from: number, bytes: number): number {
    const { buffer, end, tooLong } = this.#blocks;
    if (tooLong || from + bytes >= end) return end;
    const last = buffer.lastIndexOf(NEWLINE, from + bytes - 1);
    if (last >= from) return last + 1;
    const first = buffer.indexOf(NEWLINE, from + bytes);
    return first === -1 || first >= end ? end : first + 1;
  }

  /** The lines that follow are the text of their bytes, and so is the empty line before them. */
  #isOrigin(buffer: Buffer, from: number): void {
    this.value = "";
    this.bytes = buffer;
    this.start = from;
    this.end = from;
    noteLine(this);
  }

  #offer(from: number, text: string, safeUnits: number, lines?: DecodedLines): void {
    this.key.moveToBlock(this.#blocks.file!, this.#offsetOf(from), lines);
    this.#text = text;
    this.#next = 0;
    this.#pieceStart = from;
    this.#safeUnits = safeUnits;
  }

  /** What is left of the block holds no record. */
  #offerNothing(): void {
    this.#text = "";
    this.#undecoded = this.#blocks.end;
  }

  /** A line that cannot be read, as the only one of its piece. */
  #standIn(from: number, to: number, failure: SheafError): void {
    const { buffer } = this.#blocks;
    const shown = Math.min(to, from + BAD_LINE_BYTES_MAX);
    this.value = buffer.toString("utf8", from, lineEnd(buffer, from, shown, this.#dropped));
    this.key.moveToBlock(this.#blocks.file!, this.#offsetOf(from));
    this.#text = "";
    this.#next = 0;
    this.#failure = failure;
  }

  #offsetOf(index: number): number {
    return this.#blocks.offset + index - this.#blocks.start;
  }

  #checkLength(from: number, to: number): void {
    const { lineBytesMax, encoding } = this.#settings;
    const line = this.#text.slice(from, to);
    if (Buffer.byteLength(line, encoding === "latin1" ? "latin1" : "utf8") <= lineBytesMax) return;
    forgetOrigins();
    this.value = line.slice(0, BAD_LINE_BYTES_MAX);
    throw this.#tooLarge(this.key.offset);
  }

  #tooLarge(offset: number): SheafError {
    const { lineBytesMax, limitOption } = this.#settings;
    return recordTooLarge(this.#blocks.file!, "line", offset, lineBytesMax, limitOption);
  }

  #invalidUtf8(from: number, line: Buffer): SheafError {
    const offset = this.#offsetOf(from);
    const at = invalidUtf8At(line);
    const byte = `0x${line[at]!.toString(16).toUpperCase().padStart(2, "0")}`;
    // A byte order mark, of either byte order.
    const isUtf16 = offset === 0 && line[0]! + line[1]! === 0xff + 0xfe;
    return recordInvalid(
      this.#blocks.file!,
      "line",
      offset,
      `it is not valid UTF-8 (${byte} at byte ${offset + at})`,
      isUtf16
        ? "The file looks like UTF-16: convert it first, with iconv -f UTF-16 -t UTF-8."
        : this.#settings.invalidAdvice,
    );
  }
}
