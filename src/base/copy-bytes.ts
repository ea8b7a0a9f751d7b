/**
 * Copies the bytes of records. It stands apart because the choice of ways is a matter of measurement,
 * not of taste: a loop takes 1 ns a byte, a loop over four bytes at a time through `DataView`s 0.35,
 * and the native copy 45 ns, most of it to make a view of the source, and then almost nothing.
 */

import { viewOf } from "./byte-views.ts";

/** Above these the native copy is faster than the loop over one byte, or over four. */
const LOOP_BYTES_MAX = 48;
const WORD_LOOP_BYTES_MAX = 128;

/** Copies source[start, end) to `target` at `position`; gives the position after it. */
export function copyBytes(
  source: Uint8Array,
  start: number,
  end: number,
  target: Buffer,
  position: number,
): number {
  const length = end - start;
  if (length < LOOP_BYTES_MAX) {
    for (let i = 0; i < length; i++) target[position + i] = source[start + i]!;
  } else {
    target.set(source.subarray(start, end), position);
  }
  return position + length;
}

/** Copies to one target, faster as long as the source stays the same. */
export class ByteCopier {
  readonly target: Buffer;
  readonly #targetView: DataView;
  #source: Uint8Array | undefined;
  #sourceView: DataView | undefined;

  constructor(target: Buffer) {
    this.target = target;
    this.#targetView = viewOf(target);
  }

  /** As `copyBytes`. */
  copy(source: Uint8Array, start: number, end: number, position: number): number {
    const length = end - start;
    if (source !== this.#source) {
      // Sources that take turns, as in a merge, never stay long enough to be worth a view.
      this.#source = source;
      this.#sourceView = undefined;
      return copyBytes(source, start, end, this.target, position);
    }
    if (length > WORD_LOOP_BYTES_MAX) return copyBytes(source, start, end, this.target, position);
    this.#sourceView ??= viewOf(source);
    const from = this.#sourceView;
    const to = this.#targetView;
    let i = 0;
    // Four words a turn: 19 ns for 100 bytes, where one a turn takes 26.
    for (const last = length - 16; i <= last; i += 16) {
      to.setInt32(position + i, from.getInt32(start + i, true), true);
      to.setInt32(position + i + 4, from.getInt32(start + i + 4, true), true);
      to.setInt32(position + i + 8, from.getInt32(start + i + 8, true), true);
      to.setInt32(position + i + 12, from.getInt32(start + i + 12, true), true);
    }
    for (; i + 4 <= length; i += 4) to.setInt32(position + i, from.getInt32(start + i, true), true);
    for (; i < length; i++) this.target[position + i] = source[start + i]!;
    return position + length;
  }
}
