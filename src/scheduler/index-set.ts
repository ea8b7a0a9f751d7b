/**
 * A set of task indices in increasing order: one bit each, and above every 32 words a word that says
 * which of them are not zero. Adding, removing and finding the next cost the same few steps for a
 * hundred tasks and for a million, and two sets with the same members are equal.
 */

import { assert } from "../base/assert.ts";

const BITS = 32;

/** See the head of this file. */
export class IndexSet {
  /** Bits of the members, then of the words that hold any, and so on up to a single word. */
  readonly levels: Uint32Array[] = [];
  readonly capacity: number;
  size = 0;

  /** An empty set for indices in [0, capacity). */
  constructor(capacity: number) {
    this.capacity = capacity;
    let words = Math.max(1, Math.ceil(capacity / BITS));
    this.levels.push(new Uint32Array(words));
    while (words > 1) {
      words = Math.ceil(words / BITS);
      this.levels.push(new Uint32Array(words));
    }
  }

  /** A set of all of [0, capacity). */
  static full(capacity: number): IndexSet {
    const set = new IndexSet(capacity);
    let bits = capacity;
    for (const words of set.levels) {
      words.fill(0xffffffff, 0, bits >>> 5);
      if (bits % BITS !== 0) words[bits >>> 5] = 2 ** (bits % BITS) - 1;
      bits = Math.ceil(bits / BITS);
    }
    set.size = capacity;
    return set;
  }

  has(index: number): boolean {
    return (this.levels[0]![index >>> 5]! & (1 << (index & 31))) !== 0;
  }

  add(index: number): void {
    assert(index >= 0 && index < this.capacity, "an index is that of a task");
    if (this.has(index)) return;
    this.size++;
    let place = index;
    for (const words of this.levels) {
      const word = words[place >>> 5]!;
      words[place >>> 5] = word | (1 << (place & 31));
      if (word !== 0) return;
      place >>>= 5;
    }
  }

  delete(index: number): void {
    if (!this.has(index)) return;
    this.size--;
    let place = index;
    for (const words of this.levels) {
      const word = words[place >>> 5]! & ~(1 << (place & 31));
      words[place >>> 5] = word;
      if (word !== 0) return;
      place >>>= 5;
    }
  }

  clear(): void {
    for (const words of this.levels) words.fill(0);
    this.size = 0;
  }

  /** The first member that is not less than `from`; -1 if there is none. */
  next(from = 0): number {
    if (from >= this.capacity) return -1;
    let place = from;
    for (let level = 0; level < this.levels.length; level++) {
      const words = this.levels[level]!;
      if (place >>> 5 >= words.length) return -1;
      const word = words[place >>> 5]! & (0xffffffff << (place & 31));
      if (word !== 0) return this.#descend(level, (place & ~31) + lowestBit(word));
      // Nothing in the rest of this word: the words after it are the bits of the level above.
      place = (place >>> 5) + 1;
    }
    return -1;
  }

  /** The first member below a bit that is set. */
  #descend(level: number, bit: number): number {
    let place = bit;
    for (let below = level - 1; below >= 0; below--) {
      place = place * BITS + lowestBit(this.levels[below]![place]!);
    }
    return place;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let index = this.next(); index >= 0; index = this.next(index + 1)) yield index;
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
