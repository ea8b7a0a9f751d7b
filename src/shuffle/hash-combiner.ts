/**
 * Folds numbers by key as a map task emits them: one entry a distinct key, however often it comes.
 * When its memory is full it gives the entries out by partition and key, and starts anew.
 *
 *     memory   [length key, length key ...  ->  | entries of the sort |  <-  ... slot 1, slot 0]
 *
 * An open-addressing table with linear probing. A slot is 16 bytes, so that a probe touches one
 * cache line: [hash][start of the key, 0 if free][accumulator, 64-bit float]. The table grows in
 * place, downwards, and room for the sort of its entries is kept free.
 */

import { assert } from "../base/assert.ts";
import { ByteWriter } from "../base/bytes.ts";
import type { NumberFold } from "./combine-option.ts";
import { copyBytes } from "./copy-bytes.ts";
import { fillStarts } from "./record-buffer.ts";
import type { RecordSource } from "./record-source.ts";
import type { SlotMemory } from "./slot-memory.ts";
import { RecordSorter, SORT_ENTRY_BYTES, SORT_RECORDS_MAX, TOUCH_MASK } from "./sort-records.ts";

const SLOT_BYTES = 16;
const SLOT_WORDS = 4;
const SLOTS_INITIAL = 4096;
const SLOTS_MIN = 16;
/** Indexes of slots are those of the sort. */
const SLOTS_MAX = SORT_RECORDS_MAX;
/** The table grows when more than this share of it is taken. */
const LOAD_MAX = 0.6;
/** Where it cannot grow, it is full at this share. */
const LOAD_FULL = 0.85;
/** Before each key: its length in a byte, and before that, if it does not fit, in four. */
const LENGTH_IN_A_BYTE = 255;
const LENGTH_BYTES_MAX = 5;
/** The top bit of the start of a key, set while the table grows. */
const UNPLACED = 0x80000000 | 0;

const SUM = 0;
const MIN = 1;
const MAX = 2;
const OTHER = 3;

/** See the head of this file. */
export class HashCombiner {
  readonly #memory: ArrayBuffer;
  readonly #bytes: Buffer;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #partitions: number;
  readonly #foldCode: number;
  readonly #fold: (a: number, b: number) => number;
  /** First word of slot 0; slot i is `i * SLOT_WORDS` words before it. */
  readonly #top: number;
  /** Slots less one; their number is a power of two. */
  #mask = 0;
  #count = 0;
  /** Entries at which the table wants to grow, or at which it is full if it cannot. */
  #countMax = 0;
  #keysEnd = 0;
  #freeBytes = 0;
  readonly #partitionCounts: Int32Array;
  readonly #partitionEnds: Int32Array;
  #sorter: RecordSorter | undefined;
  readonly #cursor: CombinedCursor;

  constructor(
    memory: SlotMemory,
    partitions: number,
    fold: NumberFold,
    writeValue: (writer: ByteWriter, value: number) => void,
  ) {
    this.#memory = memory.buffer;
    this.#bytes = Buffer.from(this.#memory);
    this.#words = new Int32Array(this.#memory);
    this.#numbers = new Float64Array(this.#memory);
    this.#partitions = partitions;
    this.#foldCode = fold === "sum" ? SUM : fold === "min" ? MIN : fold === "max" ? MAX : OTHER;
    this.#fold = typeof fold === "function" ? fold : (a) => a;
    this.#top = this.#words.length - SLOT_WORDS;
    this.#partitionCounts = new Int32Array(partitions);
    this.#partitionEnds = new Int32Array(partitions);
    this.#cursor = new CombinedCursor(
      this.#bytes,
      this.#words,
      this.#numbers,
      this.#top,
      writeValue,
    );
    // An eighth of the memory at first, because the table can only grow.
    const slotsAtFirst = Math.min(SLOTS_INITIAL, this.#memory.byteLength / SLOT_BYTES / 8);
    this.#reset(2 ** Math.floor(Math.log2(Math.max(SLOTS_MIN, slotsAtFirst))));
  }

  /** Distinct keys held. */
  get count(): number {
    return this.#count;
  }

  /**
   * Forgets all entries. The table keeps its size, because what filled it once will fill it again,
   * but not more than half of the memory, so that a large key fits.
   */
  clear(): void {
    let slots = this.#mask + 1;
    while (slots * SLOT_BYTES > this.#memory.byteLength / 2) slots /= 2;
    this.#reset(slots);
  }

  #reset(slots: number): void {
    this.#mask = slots - 1;
    this.#count = 0;
    this.#countMax = slots * LOAD_MAX;
    this.#keysEnd = 0;
    this.#sorter = undefined;
    this.#freeBytes = this.#memory.byteLength - slots * SLOT_BYTES - SORT_ENTRY_BYTES;
    this.#words.fill(0, this.#top - SLOT_WORDS * (slots - 1));
  }

  /**
   * Folds `amount` into the entry of key bytes[start, end), whose `hashBytes` is `hash`. False if a
   * new entry does not fit, and then nothing has changed.
   */
  add(bytes: Buffer, start: number, end: number, hash: number, amount: number): boolean {
    const words = this.#words;
    const mask = this.#mask;
    const top = this.#top;
    const tag = hash | 0;
    for (let slot = tag & mask; ; slot = (slot + 1) & mask) {
      const at = top - slot * SLOT_WORDS;
      const key = words[at + 1]!;
      if (key === 0) return this.#insert(at, bytes, start, end, tag, amount);
      if (words[at] === tag && this.#isKey(key, bytes, start, end)) {
        const place = (at >> 1) + 1;
        if (this.#foldCode === SUM) this.#numbers[place]! += amount;
        else this.#numbers[place] = this.#folded(this.#numbers[place]!, amount);
        return true;
      }
    }
  }

  /**
   * Sorts what is held by partition and key. The partition is that of the hash unless a function of
   * the key bytes is given. Until the next `clear`, `source` may be called and `add` may not.
   */
  sort(partitionOf?: (bytes: Buffer, start: number, end: number) => number): void {
    assert(this.#sorter === undefined, "a hash combiner is sorted once before it is cleared");
    const words = this.#words;
    const bytes = this.#bytes;
    const slots = this.#mask + 1;
    const partitions = this.#partitions;
    const counts = this.#partitionCounts;
    const ends = this.#partitionEnds;
    counts.fill(0);
    for (let slot = 0; slot < slots; slot++) {
      const at = this.#top - slot * SLOT_WORDS;
      const key = words[at + 1]!;
      if (key === 0) continue;
      const partition =
        partitionOf === undefined
          ? (words[at]! >>> 0) % partitions
          : partitionOf(bytes, key, key + keyLength(bytes, key));
      // The hash has done its work; its place is needed until the slot becomes a place of the sort.
      words[at] = partition;
      counts[partition]!++;
    }
    fillStarts(counts, ends);
    const sorter = new RecordSorter(
      { bytes, words, origin: this.#top, stride: -SLOT_WORDS },
      this.#memory,
      Math.ceil(this.#keysEnd / SORT_ENTRY_BYTES) * SORT_ENTRY_BYTES,
      this.#count,
    );
    this.#sorter = sorter;
    for (let slot = 0; slot < slots; slot++) {
      const at = this.#top - slot * SLOT_WORDS;
      const key = words[at + 1]!;
      if (key === 0) continue;
      const partition = words[at]!;
      words[at] = key;
      words[at + 1] = key + keyLength(bytes, key);
      const position = ends[partition]!;
      ends[partition] = position + 1;
      sorter.put(position, slot);
    }
    for (let partition = 0; partition < partitions; partition++) {
      sorter.sort(ends[partition]! - counts[partition]!, ends[partition]!);
    }
  }

  /** The entries of a partition, sorted. One source is moved from partition to partition. */
  source(partition: number): RecordSource {
    const sorter = this.#sorter;
    assert(sorter !== undefined, "a hash combiner is read only after it has been sorted");
    const end = this.#partitionEnds[partition]!;
    this.#cursor.moveTo(sorter, end - this.#partitionCounts[partition]!, end);
    return this.#cursor;
  }

  #isKey(key: number, bytes: Buffer, start: number, end: number): boolean {
    const own = this.#bytes;
    const length = end - start;
    if (length < LENGTH_IN_A_BYTE) {
      if (own[key - 1] !== length) return false;
    } else if (
      own[key - 1] !== LENGTH_IN_A_BYTE ||
      own.readInt32LE(key - LENGTH_BYTES_MAX) !== length
    ) {
      return false;
    }
    for (let i = 0; i < length; i++) if (own[key + i] !== bytes[start + i]) return false;
    return true;
  }

  #folded(a: number, b: number): number {
    switch (this.#foldCode) {
      case MIN:
        return Math.min(b, a);
      case MAX:
        return Math.max(b, a);
      default:
        return this.#fold(a, b);
    }
  }

  #insert(
    at: number,
    bytes: Buffer,
    start: number,
    end: number,
    hash: number,
    amount: number,
  ): boolean {
    if (this.#count >= this.#countMax) {
      return this.#grow() && this.add(bytes, start, end, hash, amount);
    }
    const length = end - start;
    const needed = length + LENGTH_BYTES_MAX + SORT_ENTRY_BYTES;
    if (needed > this.#freeBytes) return false;
    this.#freeBytes -= needed;
    this.#count++;
    const own = this.#bytes;
    let position = this.#keysEnd;
    if (length >= LENGTH_IN_A_BYTE) position = own.writeInt32LE(length, position);
    own[position++] = Math.min(length, LENGTH_IN_A_BYTE);
    this.#keysEnd = copyBytes(bytes, start, end, own, position);
    this.#words[at] = hash;
    this.#words[at + 1] = position;
    this.#numbers[(at >> 1) + 1] = amount;
    return true;
  }

  /** Makes room for more entries; false if there is none. */
  #grow(): boolean {
    const slots = this.#mask + 1;
    const bytes = slots * SLOT_BYTES;
    if (slots * 2 <= SLOTS_MAX && bytes <= this.#freeBytes) {
      this.#freeBytes -= bytes;
      this.#words.fill(
        0,
        this.#top - SLOT_WORDS * (2 * slots - 1),
        this.#top - SLOT_WORDS * (slots - 1),
      );
      this.#mask = 2 * slots - 1;
      this.#countMax = 2 * slots * LOAD_MAX;
      this.#placeAgain(slots);
      return true;
    }
    // Long probes are better than a spill.
    if (this.#countMax >= slots * LOAD_FULL) return false;
    this.#countMax = slots * LOAD_FULL;
    return true;
  }

  /**
   * Moves the entries of the first `slots` slots to where the mask now wants them. All are marked
   * first, then each in turn goes to the first slot of its probe that holds no placed entry; the
   * marked one it finds there is the next to go. So no placed entry's probe crosses a free slot.
   */
  #placeAgain(slots: number): void {
    const words = this.#words;
    const numbers = this.#numbers;
    const mask = this.#mask;
    const top = this.#top;
    for (let slot = 0; slot < slots; slot++) {
      const at = top - slot * SLOT_WORDS + 1;
      if (words[at] !== 0) words[at]! |= UNPLACED;
    }
    for (let slot = 0; slot < slots; slot++) {
      const at = top - slot * SLOT_WORDS;
      while (words[at + 1]! < 0) {
        const hash = words[at]!;
        const key = words[at + 1]! & ~UNPLACED;
        let target = hash & mask;
        while (words[top - target * SLOT_WORDS + 1]! > 0) target = (target + 1) & mask;
        const to = top - target * SLOT_WORDS;
        const number = numbers[(at >> 1) + 1]!;
        // Free or marked, what was at the target comes here; here itself may be the target.
        words[at] = words[to]!;
        words[at + 1] = words[to + 1]!;
        numbers[(at >> 1) + 1] = numbers[(to >> 1) + 1]!;
        words[to] = hash;
        words[to + 1] = key;
        numbers[(to >> 1) + 1] = number;
      }
    }
  }
}

/** The length of a key, from before its first byte. */
function keyLength(bytes: Buffer, key: number): number {
  const length = bytes[key - 1]!;
  return length < LENGTH_IN_A_BYTE ? length : bytes.readInt32LE(key - LENGTH_BYTES_MAX);
}

class CombinedCursor implements RecordSource {
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #top: number;
  readonly #writeValue: (writer: ByteWriter, value: number) => void;
  readonly #writer = new ByteWriter(64);
  #sorter: RecordSorter | undefined;
  #position = 0;
  #end = 0;
  readonly sameKey: boolean = false;
  readonly keyBytes: Buffer;
  keyStart = 0;
  keyEnd = 0;
  valueBytes: Buffer;
  readonly valueStart: number = 0;
  valueEnd = 0;

  constructor(
    bytes: Buffer,
    words: Int32Array,
    numbers: Float64Array,
    top: number,
    writeValue: (writer: ByteWriter, value: number) => void,
  ) {
    this.keyBytes = bytes;
    this.valueBytes = this.#writer.bytes;
    this.#words = words;
    this.#numbers = numbers;
    this.#top = top;
    this.#writeValue = writeValue;
  }

  moveTo(sorter: RecordSorter, position: number, end: number): void {
    this.#sorter = sorter;
    this.#position = position;
    this.#end = end;
  }

  next(): boolean {
    const position = this.#position;
    if (position === this.#end) return false;
    const sorter = this.#sorter!;
    if ((position & TOUCH_MASK) === 0) sorter.touch(position, this.#end);
    this.#position = position + 1;
    const at = this.#top - sorter.indexAt(position) * SLOT_WORDS;
    this.keyStart = this.#words[at]!;
    this.keyEnd = this.#words[at + 1]!;
    const writer = this.#writer;
    writer.position = 0;
    this.#writeValue(writer, this.#numbers[(at >> 1) + 1]!);
    this.valueBytes = writer.bytes;
    this.valueEnd = writer.position;
    return true;
  }

  close(): void {}
}
