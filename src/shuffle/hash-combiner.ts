/**
 * Folds numbers by key as a map task emits them: one entry a distinct key, however often it comes.
 * When its memory is full it gives the entries out by partition and key, and starts anew.
 */

import { assert } from "../base/assert.ts";
import { ByteWriter } from "../base/bytes.ts";
import type { NumberCombineOption } from "./combine-option.ts";
import { NumberTable } from "./number-table.ts";
import { SLOT_WORDS } from "./number-table-growth.ts";
import type { PartitionOf } from "./range-partition.ts";
import { fillStarts } from "./record-buffer.ts";
import type { RecordSource } from "./record-source.ts";
import type { SlotMemory } from "./slot-memory.ts";
import { RecordSorter, TOUCH_MASK } from "./sort-records.ts";

/** See the head of this file. */
export class HashCombiner {
  readonly #table: NumberTable;
  readonly #partitions: number;
  readonly #partitionCounts: Int32Array;
  readonly #partitionEnds: Int32Array;
  readonly #cursor: CombinedCursor;
  #sorter: RecordSorter | undefined;

  constructor(
    memory: SlotMemory,
    partitions: number,
    option: Pick<NumberCombineOption, "fold" | "writeValue">,
  ) {
    this.#table = new NumberTable(memory, option.fold);
    this.#partitions = partitions;
    this.#partitionCounts = new Int32Array(partitions);
    this.#partitionEnds = new Int32Array(partitions);
    this.#cursor = new CombinedCursor(this.#table, option.writeValue);
  }

  /** Distinct keys held. */
  get count(): number {
    return this.#table.count;
  }

  /** Forgets all entries. */
  clear(): void {
    this.#sorter = undefined;
    this.#table.clear();
  }

  /**
   * Folds `amount` into the entry of key bytes[start, end). False if a new entry does not fit, and
   * then nothing has changed.
   */
  add(bytes: Buffer, start: number, end: number, amount: number): boolean {
    return this.#table.add(bytes, start, end, amount);
  }

  /** As that of `NumberTable`. */
  get addedKeyBytes(): number {
    return this.#table.addedKeyBytes;
  }

  /** As `NumberTable.addAll`. */
  addAll(bytes: Buffer, edges: Int32Array, from: number, to: number, amount: number): number {
    return this.#table.addAll(bytes, edges, from, to, amount);
  }

  /**
   * Sorts what is held by partition and key; without `partitionOf` there is one partition. Until
   * the next `clear`, `source` may be called and `add` may not.
   */
  sort(partitionOf: PartitionOf | undefined): void {
    assert(this.#sorter === undefined, "a hash combiner is sorted once before it is cleared");
    const table = this.#table;
    table.settle();
    const { bytes, words, top, slots } = table;
    const partitions = this.#partitions;
    const counts = this.#partitionCounts;
    const ends = this.#partitionEnds;
    counts.fill(0);
    // First the second word of each taken slot becomes its partition, from 1 on.
    for (let slot = 0; slot < slots; slot++) {
      const at = top - slot * SLOT_WORDS;
      if (words[at + 1] === 0) continue;
      const key = words[at]!;
      const partition = partitionOf?.(bytes, key, table.keyEnd(key)) ?? 0;
      assert(partition >= 0 && partition < partitions, "a partition is an index in [0, R)");
      words[at + 1] = partition + 1;
      counts[partition]!++;
    }
    fillStarts(counts, ends);
    const sorter = new RecordSorter(
      { bytes, words, origin: top, stride: -SLOT_WORDS },
      table.memory,
      table.freeOffset,
      table.count,
    );
    this.#sorter = sorter;
    // Then it becomes the end of the key, and the slot a place where the sort finds one.
    for (let slot = 0; slot < slots; slot++) {
      const at = top - slot * SLOT_WORDS;
      const partition = words[at + 1]! - 1;
      if (partition < 0) continue;
      words[at + 1] = table.keyEnd(words[at]!);
      const position = ends[partition]!;
      ends[partition] = position + 1;
      sorter.put(position, slot);
    }
    for (let partition = 0; partition < partitions; partition++) {
      const end = ends[partition]!;
      sorter.sort(end - counts[partition]!, end);
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
}

class CombinedCursor implements RecordSource {
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #top: number;
  readonly #writeValue: NumberCombineOption["writeValue"];
  readonly #writer = new ByteWriter(64);
  #sorter: RecordSorter | undefined;
  #position = 0;
  #end = 0;
  readonly sameKey: boolean = false;
  readonly keeps: boolean = false;
  readonly keyBytes: Buffer;
  keyStart = 0;
  keyEnd = 0;
  valueBytes: Buffer;
  readonly valueStart: number = 0;
  valueEnd = 0;

  constructor(table: NumberTable, writeValue: NumberCombineOption["writeValue"]) {
    this.keyBytes = table.bytes;
    this.valueBytes = this.#writer.bytes;
    this.#words = table.words;
    this.#numbers = table.numbers;
    this.#top = table.top;
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
    const value = this.#numbers[(at >> 1) + 1]!;
    this.#writeValue(writer, value, this.keyBytes, this.keyStart, this.keyEnd);
    this.valueBytes = writer.bytes;
    this.valueEnd = writer.position;
    return true;
  }

  close(): void {}
}
