/**
 * A piece of a larger buffer without a copy: what `text({ as: "bytes" })` and `fixedRecords()` hand
 * to `map`, and what `emit` accepts wherever a codec takes strings or bytes.
 *
 * One view is moved from record to record, so it is valid only during the call that received it;
 * `copy()` keeps its bytes.
 */

/** See the head of this file. `bytes[start, end)` is the piece. */
export class ByteView {
  bytes: Buffer;
  start: number;
  end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** The byte at `index`, or -1 outside the view. */
  at(index: number): number {
    const position = this.start + index;
    return index >= 0 && position < this.end ? this.bytes[position]! : -1;
  }

  /** A view of its own of [start, end), relative to this one. */
  slice(start: number, end = this.length): ByteView {
    return new ByteView(this.bytes, this.start + start, Math.min(this.start + end, this.end));
  }

  /** The bytes, copied: theirs to keep. */
  copy(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.bytes, this.start, this.end);
  }

  /** The bytes as UTF-8 text; invalid sequences become U+FFFD. */
  toString(): string {
    return this.bytes.toString("utf8", this.start, this.end);
  }
}
