/**
 * Collects the records that a map task emits until they fill their memory, and then gives them out
 * by partition, key and order of emission: the content of a sorted run.
 *
 *     memory   [key value key value ...  ->  | entries of the sort |  <-  ... place 1, place 0]
 *
 * A record takes its bytes, its place (start of the key, start of the value and, if there are
 * several partitions, its partition) and an entry of the sort, for which room is kept free.
 */

import { assert } from "../base/assert.ts";
import { ByteCopier } from "../base/copy-bytes.ts";
import type { RecordSource } from "./record-source.ts";
import type { SlotMemory } from "./slot-memory.ts";
import { RecordSorter, SORT_ENTRY_BYTES, SORT_RECORDS_MAX, TOUCH_MASK } from "./sort-records.ts";

const WORD_BYTES = 4;

/** See the head of this file. */
export class RecordBuffer {
  readonly #memory: ArrayBuffer;
  readonly #bytes: Buffer;
  readonly #keyCopier: ByteCopier;
  readonly #valueCopier: ByteCopier;
  readonly #words: Int32Array;
  readonly #partitions: number;
  /** Words of a place, and where that of the first record is; they run backwards. */
  readonly #stride: number;
  readonly #origin: number;
  readonly #recordOverheadBytes: number;
  readonly #partitionCounts: Int32Array;
  readonly #partitionEnds: Int32Array;
  #bytesEnd = 0;
  #freeBytes = 0;
  #count = 0;
  #sorter: RecordSorter | undefined;
  readonly #cursor: BufferCursor;

  constructor(memory: SlotMemory, partitions: number) {
    this.#memory = memory.buffer;
    this.#bytes = Buffer.from(this.#memory);
    this.#keyCopier = new ByteCopier(this.#bytes);
    this.#valueCopier = new ByteCopier(this.#bytes);
    this.#words = new Int32Array(this.#memory);
    this.#partitions = partitions;
    this.#stride = partitions === 1 ? 2 : 3;
    this.#origin = this.#words.length - this.#stride;
    this.#recordOverheadBytes = this.#stride * WORD_BYTES + SORT_ENTRY_BYTES;
    this.#partitionCounts = new Int32Array(partitions);
    this.#partitionEnds = new Int32Array(partitions);
    this.#cursor = new BufferCursor(this.#bytes, this.#words, this.#origin, this.#stride);
    this.clear();
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of keys and values held. */
  get recordBytes(): number {
    return this.#bytesEnd;
  }

  /** Forgets all records; nothing is given back to the operating system. */
  clear(): void {
    this.#bytesEnd = 0;
    this.#count = 0;
    this.#sorter = undefined;
    this.#partitionCounts.fill(0);
    // The place behind the last record tells where it ends, and the entries begin on a multiple of 8.
    const reservedBytes = this.#stride * WORD_BYTES + SORT_ENTRY_BYTES;
    this.#freeBytes = this.#memory.byteLength - reservedBytes;
  }

  /** Takes a copy of the record; false if it does not fit, and then nothing has changed. */
  add(
    partition: number,
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueStart: number,
    valueEnd: number,
  ): boolean {
    const index = this.#count;
    const keyLength = keyEnd - keyStart;
    const needed = keyLength + (valueEnd - valueStart) + this.#recordOverheadBytes;
    if (needed > this.#freeBytes || index === SORT_RECORDS_MAX) return false;
    this.#freeBytes -= needed;
    this.#count = index + 1;
    const at = this.#origin - index * this.#stride;
    const start = this.#bytesEnd;
    const words = this.#words;
    words[at] = start;
    words[at + 1] = start + keyLength;
    if (this.#partitions > 1) {
      words[at + 2] = partition;
      this.#partitionCounts[partition]!++;
    }
    if (keyBytes === valueBytes && keyEnd === valueStart) {
      this.#bytesEnd = this.#keyCopier.copy(keyBytes, keyStart, valueEnd, start);
    } else {
      const middle = this.#keyCopier.copy(keyBytes, keyStart, keyEnd, start);
      this.#bytesEnd = this.#valueCopier.copy(valueBytes, valueStart, valueEnd, middle);
    }
    return true;
  }

  /** Sorts what is held. Until the next `clear`, `source` may be called and `add` may not. */
  sort(): void {
    assert(this.#sorter === undefined, "a record buffer is sorted once before it is cleared");
    const count = this.#count;
    const stride = this.#stride;
    const words = this.#words;
    words[this.#origin - count * stride] = this.#bytesEnd;
    this.#freeBytes = 0;
    const sorter = new RecordSorter(
      { bytes: this.#bytes, words, origin: this.#origin, stride: -stride },
      this.#memory,
      Math.ceil(this.#bytesEnd / SORT_ENTRY_BYTES) * SORT_ENTRY_BYTES,
      count,
    );
    this.#sorter = sorter;
    const ends = this.#partitionEnds;
    if (this.#partitions === 1) {
      this.#partitionCounts[0] = count;
      ends[0] = count;
      for (let i = 0; i < count; i++) sorter.put(i, i);
    } else {
      // Counting sort by partition: where each one's next entry goes is at last where it ends.
      fillStarts(this.#partitionCounts, ends);
      for (let i = 0; i < count; i++) {
        const partition = words[this.#origin - i * stride + 2]!;
        const position = ends[partition]!;
        ends[partition] = position + 1;
        sorter.put(position, i);
      }
    }
    for (let partition = 0; partition < this.#partitions; partition++) {
      const end = ends[partition]!;
      sorter.sort(end - this.#partitionCounts[partition]!, end);
    }
  }

  /** The records of a partition, sorted. One source is moved from partition to partition. */
  source(partition: number): RecordSource {
    const sorter = this.#sorter;
    assert(sorter !== undefined, "a record buffer is read only after it has been sorted");
    const end = this.#partitionEnds[partition]!;
    this.#cursor.moveTo(sorter, end - this.#partitionCounts[partition]!, end);
    return this.#cursor;
  }
}

/** Where each range starts when ranges of these lengths follow one another. */
export function fillStarts(counts: Int32Array, starts: Int32Array): void {
  let start = 0;
  for (let i = 0; i < counts.length; i++) {
    starts[i] = start;
    start += counts[i]!;
  }
}

class BufferCursor implements RecordSource {
  readonly #words: Int32Array;
  readonly #origin: number;
  readonly #stride: number;
  #sorter: RecordSorter | undefined;
  #position = 0;
  #end = 0;
  /** Takes the result of `#touch`, or the compiler would drop the loop. */
  touched = 0;
  readonly sameKey: boolean = false;
  readonly keeps: boolean = true;
  readonly keyBytes: Buffer;
  keyStart = 0;
  keyEnd = 0;
  readonly valueBytes: Buffer;
  valueStart = 0;
  valueEnd = 0;

  constructor(bytes: Buffer, words: Int32Array, origin: number, stride: number) {
    this.keyBytes = bytes;
    this.valueBytes = bytes;
    this.#words = words;
    this.#origin = origin;
    this.#stride = stride;
  }

  moveTo(sorter: RecordSorter, position: number, end: number): void {
    this.#sorter = sorter;
    this.#position = position;
    this.#end = end;
  }

  next(): boolean {
    const position = this.#position;
    if (position === this.#end) return false;
    if ((position & TOUCH_MASK) === 0) this.#touch(position);
    this.#position = position + 1;
    const at = this.#origin - this.#sorter!.indexAt(position) * this.#stride;
    const words = this.#words;
    this.keyStart = words[at]!;
    this.keyEnd = words[at + 1]!;
    this.valueStart = this.keyEnd;
    // The record ends where the one emitted after it starts.
    this.valueEnd = words[at - this.#stride]!;
    return true;
  }

  close(): void {}

  /** Reads both ends of the next few records, as `RecordSorter.touch` does with keys. */
  #touch(position: number): void {
    const end = position + TOUCH_MASK < this.#end ? position + TOUCH_MASK + 1 : this.#end;
    const sorter = this.#sorter!;
    const words = this.#words;
    const bytes = this.keyBytes;
    let sum = 0;
    for (let i = position; i < end; i++) {
      const at = this.#origin - sorter.indexAt(i) * this.#stride;
      sum ^= bytes[words[at]!]! ^ bytes[words[at - this.#stride]!]!;
    }
    this.touched = sum;
  }
}
