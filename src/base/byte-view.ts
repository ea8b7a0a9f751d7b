/**
 * The view that `text({ as: "bytes" })` and `fixedRecords()` hand to `map`, and that `emit` accepts
 * wherever a codec takes strings or bytes: what makes a job over bytes cost no copy and no text.
 */

import type { NodeBuffer } from "./platform-types.ts";

/**
 * A piece of a larger buffer: `bytes[start, end)`, not copied. Jobs that read lines as bytes or
 * `fixedRecords()` are handed one, and may emit it wherever a codec takes a string or bytes.
 *
 * The engine moves one view from record to record, so a view is valid only during the call of `map`
 * that received it. `copy()` and `toString()` keep what it shows.
 *
 * @example
 * ```ts
 * import { bytes, defineJob, fixedRecords, int, sum } from "sheaf";
 *
 * // Counts records of 16 bytes by their first 4, except those that begin with a zero.
 * export default defineJob({
 *   input: fixedRecords({ bytes: 16 }),
 *   intermediate: { key: bytes(), value: int() },
 *   map(_position, record, emit) {
 *     if (record.at(0) !== 0) emit(record.slice(0, 4), 1);
 *   },
 *   reduce: sum,
 * });
 * ```
 */
export class ByteView {
  /** The `Buffer` that the view is a piece of. It is the engine's: read it, never write to it. */
  bytes: NodeBuffer;
  /** Index in `bytes` of the first byte of the view. */
  start: number;
  /** Index in `bytes` after the last byte of the view. */
  end: number;

  /** A view of [start, end) of a buffer, of all of it unless given. To make one in a test: `of`. */
  constructor(bytes: NodeBuffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  /** A view of a text as UTF-8, or of the bytes given: what a test hands to a job. */
  static of(content: string | Uint8Array): ByteView {
    return viewOf(Buffer.from(content));
  }

  /** How many bytes it shows. */
  get length(): number {
    return this.end - this.start;
  }

  /** The byte at `index`, from 0; -1 outside the view. */
  at(index: number): number {
    const position = this.start + index;
    return index >= 0 && position < this.end ? this.bytes[position]! : -1;
  }

  /** A view of its own of [start, end), relative to this one. */
  slice(start: number, end = this.length): ByteView {
    return viewOf(this.bytes, this.start + start, Math.min(this.start + end, this.end));
  }

  /** The bytes, copied: yours to keep. */
  copy(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.bytes, this.start, this.end);
  }

  /** The bytes as UTF-8 text; invalid sequences become U+FFFD. */
  toString(): string {
    return this.bytes.toString("utf8", this.start, this.end);
  }
}

/** Not in the class: esbuild renames one that names itself, and users see the name of this one. */
function viewOf(bytes: NodeBuffer, start?: number, end?: number): ByteView {
  return new ByteView(bytes, start, end);
}
