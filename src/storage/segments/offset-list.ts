/**
 * A list of offsets below 4 GiB, in four bytes each: a log of five million entries keeps their places
 * in 20 MB.
 */

import { assert } from "../../base/assert.ts";
import { SEGMENT_BYTES_MAX } from "../limits.ts";

const INITIAL_LENGTH = 64;

export class OffsetList {
  #offsets = new Uint32Array(INITIAL_LENGTH);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(position: number): number {
    assert(position >= 0 && position < this.#length, `position ${position} is in the list`);
    return this.#offsets[position]!;
  }

  push(offset: number): void {
    assert(offset <= SEGMENT_BYTES_MAX, "an offset fits four bytes");
    if (this.#length === this.#offsets.length) {
      const grown = new Uint32Array(this.#length * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[this.#length++] = offset;
  }

  truncate(length: number): void {
    assert(length <= this.#length, "a list is cut to a part of it");
    this.#length = length;
  }
}
