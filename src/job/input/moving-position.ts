/**
 * The position that the record readers move from record to record. The offset is worked out when it
 * is asked for: most jobs never ask, and in text that is not ASCII it costs a count of the bytes.
 */

import type { InputFile, Position } from "./input.ts";

/** See the head of this file. */
export class MovingPosition implements Position {
  path = "";
  fileIndex = 0;
  /** Where the record begins in its block: a byte, or a UTF-16 unit of the block's text. */
  at = 0;
  /** Offset in the file of the block's `at` 0. */
  #base = 0;
  /** The block's text where its units are not bytes. */
  #text: string | undefined;
  /** The last place that was counted: `#knownAt` of the text is `#knownOffset` of the file. */
  #knownAt = 0;
  #knownOffset = 0;

  get offset(): number {
    if (this.#text === undefined) return this.#base + this.at;
    // Records come in order, so each byte is counted once at the most.
    const passed = this.#text.slice(this.#knownAt, this.at);
    this.#knownOffset += Buffer.byteLength(passed, "utf8");
    this.#knownAt = this.at;
    return this.#knownOffset;
  }

  /** Shows what its user would expect to see, instead of how it works. */
  toJSON(): Position {
    return { path: this.path, fileIndex: this.fileIndex, offset: this.offset };
  }

  /** Moves to the start of a block; `text` is given if units of it are to be counted as UTF-8. */
  moveToBlock(file: InputFile, offset: number, text?: string): void {
    this.path = file.name;
    this.fileIndex = file.index;
    this.at = 0;
    this.#base = offset;
    this.#text = text;
    this.#knownAt = 0;
    this.#knownOffset = offset;
  }
}
