/**
 * An open-addressing table from keys to numbers, over one piece of memory: linear probing, and slots
 * of 16 bytes, so that a probe touches one cache line. It grows in place.
 *
 *     memory   [length key, length key ...  ->  | room for a sort |  <-  ... slot 1, slot 0]
 *
 *     free slot     [0]           [0]                                       [64-bit float]
 *     short key     [bytes 0..3]  [bytes 4..6, length + 1 in the top byte]  [64-bit float]
 *     longer key    [its start]   [top bit, 30 bits of its hash]            [64-bit float]
 *
 * Words of five letters, zipf over 120,000: 13 ns an add, and 19 if short keys are not in the slot.
 */

import { ByteViews, viewOf } from "../base/byte-views.ts";
import { copyBytes } from "../base/copy-bytes.ts";
import {
  HIGH_MASKS,
  hashOfLong,
  hashOfShort,
  KEY_LOAD_BYTES,
  LENGTH_SHIFT,
  LOW_MASKS,
  SHORT_KEY_BYTES_MAX,
} from "../base/key-hash.ts";
import { foldFunction, type NumberFold } from "./combine-option.ts";
import { placeAgain, SLOT_WORDS } from "./number-table-growth.ts";
import type { SlotMemory } from "./slot-memory.ts";
import { SORT_ENTRY_BYTES, SORT_RECORDS_MAX } from "./sort-records.ts";

const SLOT_BYTES = 16;
const WORD_BYTES = 4;
const SLOTS_INITIAL = 4096;
const SLOTS_MIN = 16;
/** Indexes of slots are those of the sort. */
const SLOTS_MAX = SORT_RECORDS_MAX;
/** The table grows when more than this share of it is taken. */
const LOAD_MAX = 0.6;
/** Where it cannot grow, it is full at this share. */
const LOAD_FULL = 0.85;

/** The second word of a slot with a longer key. */
const LONG = 0x80000000 | 0;
const LONG_HASH_MASK = 0x3fffffff;

/** Before a key in the arena: its length in a byte, and before that, if it does not fit, in four. */
const LENGTH_IN_A_BYTE = 255;
const LENGTH_BYTES_MAX = 5;

const SUM = 0;
const MIN = 1;
const MAX = 2;
const OTHER = 3;

/** See the head of this file. `HashCombiner` reads the fields once the table is settled. */
export class NumberTable {
  readonly memory: ArrayBuffer;
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  /** First word of slot 0; slot i is `i * SLOT_WORDS` words before it. */
  readonly top: number;
  /** Distinct keys held. */
  count = 0;
  /** Bytes of the keys that the last `addAll` has folded. */
  addedKeyBytes = 0;
  /** Slots less one; their number is a power of two. */
  #mask = 0;
  /** Entries at which the table wants to grow, or at which it is full if it cannot. */
  #countMax = 0;
  #keysEnd = 0;
  #freeBytes = 0;
  readonly #view: DataView;
  readonly #views = new ByteViews();
  readonly #foldCode: number;
  readonly #fold: (a: number, b: number) => number;

  constructor(memory: SlotMemory, fold: NumberFold) {
    this.memory = memory.buffer;
    this.bytes = Buffer.from(this.memory);
    this.#view = viewOf(this.bytes);
    this.words = new Int32Array(this.memory);
    this.numbers = new Float64Array(this.memory);
    this.top = this.words.length - SLOT_WORDS;
    this.#foldCode = fold === "sum" ? SUM : fold === "min" ? MIN : fold === "max" ? MAX : OTHER;
    this.#fold = foldFunction(fold);
    // An eighth of the memory at most, because the table only grows.
    const slotsAtFirst = Math.min(SLOTS_INITIAL, this.memory.byteLength / SLOT_BYTES / 8);
    this.#reset(2 ** Math.floor(Math.log2(Math.max(SLOTS_MIN, slotsAtFirst))));
  }

  get slots(): number {
    return this.#mask + 1;
  }

  /** First byte behind the keys, on a multiple of the size of an entry of the sort. */
  get freeOffset(): number {
    return Math.ceil(this.#keysEnd / SORT_ENTRY_BYTES) * SORT_ENTRY_BYTES;
  }

  /**
   * Forgets all entries. The table keeps its size, because what filled it once will fill it again,
   * but not more than half of the memory, so that a large key fits.
   */
  clear(): void {
    let slots = this.slots;
    while (slots * SLOT_BYTES > this.memory.byteLength / 2) slots /= 2;
    this.#reset(slots);
  }

  #reset(slots: number): void {
    this.#mask = slots - 1;
    this.count = 0;
    this.#countMax = slots * LOAD_MAX;
    this.#keysEnd = 0;
    this.#freeBytes = this.memory.byteLength - slots * SLOT_BYTES - SORT_ENTRY_BYTES;
    this.words.fill(0, this.top - SLOT_WORDS * (slots - 1));
  }

  /**
   * Folds `amount` into the entry of key bytes[start, end). False if a new entry does not fit, and
   * then nothing has changed.
   */
  add(bytes: Buffer, start: number, end: number, amount: number): boolean {
    const length = end - start;
    if (length > SHORT_KEY_BYTES_MAX) {
      const view = this.#views.of(bytes);
      return this.#addLong(view, bytes, start, end, hashOfLong(view, start, end), amount);
    }
    let low: number;
    let high: number;
    if (start + KEY_LOAD_BYTES <= bytes.length) {
      // Two loads and masks, whatever the length: a loop would mispredict its end at every other
      // word, which made 10 ns of the 29 that a word took.
      const view = this.#views.of(bytes);
      low = LOW_MASKS[length]! & view.getInt32(start, true);
      high = HIGH_MASKS[length]! & view.getInt32(start + 4, true);
    } else {
      low = 0;
      high = 0;
      for (let i = 0; i < length && i < 4; i++) low |= bytes[start + i]! << (8 * i);
      for (let i = 4; i < length; i++) high |= bytes[start + i]! << (8 * (i - 4));
    }
    high |= (length + 1) << LENGTH_SHIFT;
    const words = this.words;
    const mask = this.#mask;
    const top = this.top;
    for (let slot = hashOfShort(low, high) & mask; ; slot = (slot + 1) & mask) {
      const at = top - slot * SLOT_WORDS;
      const found = words[at + 1]!;
      if (found === high && words[at] === low) {
        this.#foldAt((at >> 1) + 1, amount);
        return true;
      }
      if (found !== 0) continue;
      if (!this.#canTake(length)) return this.#grow() && this.add(bytes, start, end, amount);
      words[at] = low;
      words[at + 1] = high;
      this.numbers[(at >> 1) + 1] = amount;
      return true;
    }
  }

  /**
   * Folds `amount` into the entries of many keys, which are bytes[edges[i], edges[i + 1]) for every
   * other i in [from, to). Gives the first i whose key did not fit, or `to`.
   *
   * It is `add` in a loop of its own: what a call of it loads anew for each word, and the processor
   * cannot look beyond, is loaded once, and that makes 10 ns of 35.
   */
  addAll(bytes: Buffer, edges: Int32Array, from: number, to: number, amount: number): number {
    const words = this.words;
    const numbers = this.numbers;
    const top = this.top;
    const view = this.#views.of(bytes);
    const isSum = this.#foldCode === SUM;
    const startMax = bytes.length - KEY_LOAD_BYTES;
    let mask = this.#mask;
    let keyBytes = 0;
    let i = from;
    next: for (; i < to; i += 2) {
      const start = edges[i]!;
      const length = edges[i + 1]! - start;
      keyBytes += length;
      if (length <= SHORT_KEY_BYTES_MAX && start <= startMax) {
        const low = LOW_MASKS[length]! & view.getInt32(start, true);
        const high =
          (HIGH_MASKS[length]! & view.getInt32(start + 4, true)) | ((length + 1) << LENGTH_SHIFT);
        for (let slot = hashOfShort(low, high) & mask; ; slot = (slot + 1) & mask) {
          const at = top - slot * SLOT_WORDS;
          const found = words[at + 1]!;
          if (found === high && words[at] === low) {
            if (isSum) numbers[(at >> 1) + 1]! += amount;
            else this.#foldAt((at >> 1) + 1, amount);
            continue next;
          }
          if (found === 0) break;
        }
      }
      // A new key or a long one; the table may have grown after it.
      if (!this.add(bytes, start, start + length, amount)) {
        keyBytes -= length;
        break;
      }
      mask = this.#mask;
    }
    this.addedKeyBytes = keyBytes;
    return i;
  }

  #addLong(
    view: DataView,
    bytes: Buffer,
    start: number,
    end: number,
    hash: number,
    amount: number,
  ): boolean {
    const words = this.words;
    const mask = this.#mask;
    const top = this.top;
    const tag = (hash & LONG_HASH_MASK) | LONG;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = top - slot * SLOT_WORDS;
      const found = words[at + 1]!;
      if (found === tag && this.#isKey(words[at]!, view, start, end)) {
        this.#foldAt((at >> 1) + 1, amount);
        return true;
      }
      if (found !== 0) continue;
      if (!this.#canTake(end - start)) {
        return this.#grow() && this.#addLong(view, bytes, start, end, hash, amount);
      }
      words[at] = this.#appendKey(bytes, start, end);
      words[at + 1] = tag;
      this.numbers[(at >> 1) + 1] = amount;
      return true;
    }
  }

  #foldAt(place: number, amount: number): void {
    const numbers = this.numbers;
    if (this.#foldCode === SUM) {
      numbers[place]! += amount;
      return;
    }
    const number = numbers[place]!;
    switch (this.#foldCode) {
      case MIN:
        if (amount < number) numbers[place] = amount;
        break;
      case MAX:
        if (amount > number) numbers[place] = amount;
        break;
      default:
        numbers[place] = this.#fold(number, amount);
    }
  }

  /**
   * Moves short keys to the arena, where room was kept for them: each taken slot is then [start of
   * its key][not 0][number]. Nothing can be added until the next `clear`.
   */
  settle(): void {
    const words = this.words;
    const slots = this.slots;
    for (let slot = 0; slot < slots; slot++) {
      const at = this.top - slot * SLOT_WORDS;
      const tag = words[at + 1]!;
      if (tag <= 0) continue;
      const inSlot = at * WORD_BYTES;
      words[at] = this.#appendKey(this.bytes, inSlot, inSlot + (tag >> LENGTH_SHIFT) - 1);
    }
  }

  /** End of the key that starts at `key`, in a table that is settled. */
  keyEnd(key: number): number {
    const length = this.bytes[key - 1]!;
    if (length < LENGTH_IN_A_BYTE) return key + length;
    return key + this.bytes.readInt32LE(key - LENGTH_BYTES_MAX);
  }

  /** Whether the longer key at `key` is view[start, end); a whole word at its end, as in its hash. */
  #isKey(key: number, view: DataView, start: number, end: number): boolean {
    const own = this.#view;
    const last = end - start - 4;
    if (this.keyEnd(key) !== key + last + 4) return false;
    for (let i = 0; i < last; i += 4) {
      if (own.getInt32(key + i) !== view.getInt32(start + i)) return false;
    }
    return own.getInt32(key + last) === view.getInt32(start + last);
  }

  /** Takes memory for one more entry, if there is any. */
  #canTake(keyBytes: number): boolean {
    const lengthBytes = keyBytes < LENGTH_IN_A_BYTE ? 1 : LENGTH_BYTES_MAX;
    const needed = keyBytes + lengthBytes + SORT_ENTRY_BYTES;
    if (this.count >= this.#countMax || needed > this.#freeBytes) return false;
    this.#freeBytes -= needed;
    this.count++;
    return true;
  }

  /** Copies a key to the arena; gives its start, before which its length stands. */
  #appendKey(bytes: Buffer, start: number, end: number): number {
    const own = this.bytes;
    const length = end - start;
    let key = this.#keysEnd;
    if (length >= LENGTH_IN_A_BYTE) key = own.writeInt32LE(length, key);
    own[key++] = Math.min(length, LENGTH_IN_A_BYTE);
    this.#keysEnd = copyBytes(bytes, start, end, own, key);
    return key;
  }

  /** Makes room for more entries in the table; false if there is none, there or in the arena. */
  #grow(): boolean {
    if (this.count < this.#countMax) return false;
    const slots = this.#mask + 1;
    const bytes = slots * SLOT_BYTES;
    if (slots * 2 <= SLOTS_MAX && bytes <= this.#freeBytes) {
      const words = this.words;
      const top = this.top;
      words.fill(0, top - SLOT_WORDS * (2 * slots - 1), top - SLOT_WORDS * (slots - 1));
      this.#freeBytes -= bytes;
      this.#mask = 2 * slots - 1;
      this.#countMax = 2 * slots * LOAD_MAX;
      placeAgain(words, this.numbers, top, slots);
      return true;
    }
    // Long probes are better than a spill.
    if (this.#countMax >= slots * LOAD_FULL) return false;
    this.#countMax = slots * LOAD_FULL;
    return true;
  }
}
