/**
 * The distinct words of a text. In ASCII they are told apart as bytes, in an open-addressing table with
 * linear probing, and only the first of each is made a string.
 *
 *     free slot     [0]                     [0]                                        [-]
 *     short word    [bytes 0..3]            [bytes 4..6, length + 1 in the top byte]   [its start]
 *     longer word   [its hash]              [top bit, its length]                      [its start]
 *
 * Measured on files of 500 KB with 88,000 words, 23,000 of them distinct: 31 ns a word, and 72 with a
 * `Set` of what `words` gives.
 */

import { viewOf } from "../../base/byte-views.ts";
import {
  HIGH_MASKS,
  hashOfLong,
  hashOfShort,
  KEY_LOAD_BYTES,
  LENGTH_SHIFT,
  LOW_MASKS,
  SHORT_KEY_BYTES_MAX,
} from "../../base/key-hash.ts";
import { ASCII_LETTERS, WordEdges } from "./word-edges.ts";
import { words } from "./words.ts";

const SLOT_WORDS = 3;
const SLOTS_AT_FIRST = 4096;
/** The table grows when more than this share of it is taken. */
const LOAD_MAX = 0.5;
/** The second word of a slot with a longer word. */
const LONG = 0x80000000 | 0;
/** What is kept for the next text: a table of 1.5 MB and as many bytes as most files have, at the most. */
const SLOTS_KEPT_MAX = 131_072;
const TEXT_KEPT_BYTES_MAX = 1024 * 1024;

/**
 * The distinct words of a text, in the order in which they come first: those of `words(text)`, each
 * once, and more than twice as fast as a `Set` of them.
 *
 * @example
 * ```ts
 * import { defineJob, distinctWords, files, string } from "sheaf";
 *
 * // Tells for every word the files that hold it.
 * export default defineJob({
 *   input: files(),
 *   intermediate: { key: string(), value: string() },
 *   map(path, content, emit) {
 *     for (const word of distinctWords(content)) emit(word, path);
 *   },
 *   reduce(_word, paths, emit) {
 *     emit([...paths].join(","));
 *   },
 * });
 * ```
 */
export function distinctWords(text: string): string[] {
  const isAscii = Buffer.byteLength(text) === text.length;
  return isAscii ? distinct.of(text) : [...new Set(words(text))];
}

/** The table, and the bytes of the text at hand. */
class DistinctWords {
  #slots = new Int32Array(SLOTS_AT_FIRST * SLOT_WORDS);
  #mask = SLOTS_AT_FIRST - 1;
  #count = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #view = viewOf(this.#bytes);

  /** Those of a text in ASCII. */
  of(text: string): string[] {
    const found: string[] = [];
    this.#take(text);
    const words = new WordEdges(this.#bytes, 0, text.length, ASCII_LETTERS);
    try {
      while (words.count > 0) {
        const { edges, count } = words;
        for (let i = 0; i < count; i += 2) {
          const start = edges[i]!;
          const end = edges[i + 1]!;
          if (this.#isNew(start, end)) found.push(text.slice(start, end));
        }
        words.nextWindow();
      }
      return found;
    } finally {
      words.release();
      this.#clear();
    }
  }

  #take(text: string): void {
    const size = text.length + KEY_LOAD_BYTES;
    if (this.#bytes.length < size) this.#hold(Buffer.allocUnsafeSlow(size));
    this.#bytes.write(text, "latin1");
  }

  #hold(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  #clear(): void {
    if (this.#mask >= SLOTS_KEPT_MAX) this.#resize(SLOTS_AT_FIRST);
    else this.#slots.fill(0);
    this.#count = 0;
    if (this.#bytes.length > TEXT_KEPT_BYTES_MAX) this.#hold(Buffer.alloc(0));
  }

  /** Notes the word of bytes[start, end); false if it is there already. */
  #isNew(start: number, end: number): boolean {
    const length = end - start;
    const view = this.#view;
    let low: number;
    let high: number;
    let hash: number;
    if (length <= SHORT_KEY_BYTES_MAX) {
      low = LOW_MASKS[length]! & view.getInt32(start, true);
      high = HIGH_MASKS[length]! & view.getInt32(start + 4, true);
      high |= (length + 1) << LENGTH_SHIFT;
      hash = hashOfShort(low, high);
    } else {
      hash = hashOfLong(view, start, end);
      low = hash;
      high = length | LONG;
    }
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = slot * SLOT_WORDS;
      const tag = slots[at + 1]!;
      if (tag === high && slots[at] === low) {
        if (high > 0 || this.#isSame(slots[at + 2]!, start, length)) return false;
      }
      if (tag !== 0) continue;
      slots[at] = low;
      slots[at + 1] = high;
      slots[at + 2] = start;
      if (++this.#count > slots.length * (LOAD_MAX / SLOT_WORDS)) this.#grow();
      return true;
    }
  }

  /** Whether the longer words at `a` and `b` are the same; whole words at their ends, as in the hash. */
  #isSame(a: number, b: number, length: number): boolean {
    const view = this.#view;
    const last = length - 4;
    for (let i = 0; i < last; i += 4) {
      if (view.getInt32(a + i) !== view.getInt32(b + i)) return false;
    }
    return view.getInt32(a + last) === view.getInt32(b + last);
  }

  #resize(slots: number): void {
    this.#slots = new Int32Array(slots * SLOT_WORDS);
    this.#mask = slots - 1;
  }

  #grow(): void {
    const before = this.#slots;
    this.#resize(2 * (this.#mask + 1));
    const slots = this.#slots;
    const mask = this.#mask;
    for (let from = 0; from < before.length; from += SLOT_WORDS) {
      const low = before[from]!;
      const high = before[from + 1]!;
      if (high === 0) continue;
      let slot = (high < 0 ? low : hashOfShort(low, high)) & mask;
      while (slots[slot * SLOT_WORDS + 1] !== 0) slot = (slot + 1) & mask;
      slots[slot * SLOT_WORDS] = low;
      slots[slot * SLOT_WORDS + 1] = high;
      slots[slot * SLOT_WORDS + 2] = before[from + 2]!;
    }
  }
}

const distinct = new DistinctWords();
