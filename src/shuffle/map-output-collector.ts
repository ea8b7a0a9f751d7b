/**
 * What a map attempt drives: it takes the records that map emits and makes them a map output, a file
 * of R sorted regions. Records gather in the slot's memory; when that is full they are written as a
 * spill, combined, and in the end the spills and what is still in memory are merged.
 *
 * What always holds: memory stays within its budget; if nothing was spilled, every record is written
 * once; `finish` leaves only the output, and `discard` nothing.
 */

import { join } from "node:path";
import { assert } from "../base/assert.ts";
import { ByteWriter } from "../base/bytes.ts";
import type { CombineOption, NumberCombineOption } from "./combine-option.ts";
import { HashCombiner } from "./hash-combiner.ts";
import { hashPartitionOf } from "./hash-partition.ts";
import { emptyMapOutput, type MapOutput } from "./map-output.ts";
import { MergePasses, mergeInto, type PartitionedRecords } from "./merge-passes.ts";
import { MERGE_MEMORY_SHARE } from "./merge-plan.ts";
import type { PartitionOf } from "./range-partition.ts";
import { RecordBuffer } from "./record-buffer.ts";
import { recordBytesMaxFor, recordTooLarge } from "./record-limit.ts";
import { copyRecords, RunFiller } from "./run-filler.ts";
import { RunWriter, removeRun } from "./run-writer.ts";
import { borrowSlotMemory, returnSlotMemory, type SlotMemory } from "./slot-memory.ts";

/**
 * A table that fills up with more distinct keys than this, of the numbers it was given, is given up:
 * the record buffer holds twice as many, and sorting them costs less than the misses of the table.
 * Measured with 12,000,000 keys in 64 MiB: even at 0.55, a quarter less time where all are distinct.
 */
const DISTINCT_SHARE_MAX = 0.6;
const FITS = "a quarter of the memory fits into all of it";
/** What a number counts as in the bytes of map output, where it never takes its wire form. */
const NUMBER_BYTES = 8;

/** How a map output is made. */
export interface MapOutputCollectorOptions {
  /** R, at least 1. */
  readonly partitions: number;
  /** Budget of the slot; nothing but small, fixed buffers comes on top of it. */
  readonly memoryBytes: number;
  readonly directory: string;
  /** Name of the output in `directory`; all temporary files have names that start with it. */
  readonly fileName: string;
  /** The partition of an encoded key; by default its hash, modulo R. */
  readonly partitionOf?: PartitionOf | undefined;
  readonly combine?: CombineOption | undefined;
  /** Told after each spill how many there are now. */
  readonly onSpill?: ((spills: number) => void) | undefined;
}

/** See the head of this file. The counters are complete after `finish`. */
export class MapOutputCollector {
  readonly #options: MapOutputCollectorOptions;
  readonly #path: string;
  readonly #partitions: number;
  /** The job's own is asked even where there is one partition: its answer may be wrong. */
  readonly #partitionOf: PartitionOf | undefined;
  readonly #recordBytesMax: number;
  readonly #memory: SlotMemory;
  /** Of a combiner of numbers. */
  readonly #numbers: NumberCombineOption | undefined;
  /** One of the two holds what has not been spilled. */
  #buffer: RecordBuffer | undefined;
  #table: HashCombiner | undefined;
  readonly #value = new ByteWriter(64);
  readonly #filler: RunFiller;
  readonly #merges: MergePasses;
  readonly #spilled: MapOutput[] = [];
  /** The run that is being written, if any. */
  #run: RunWriter | undefined;
  #isOpen = true;
  /** Numbers taken since the last spill, and the bytes of their keys. */
  #amounts = 0;
  #amountKeyBytes = 0;

  /** Records collected, and their bytes; a number that is folded counts as eight. */
  outputRecords = 0;
  outputBytes = 0;
  /** Bytes of the map output. */
  materializedBytes = 0;
  /** Records written to the disk: in spills, intermediate merges and the map output. */
  spilledRecords = 0;
  combineInputRecords = 0;
  combineOutputRecords = 0;

  constructor(options: MapOutputCollectorOptions) {
    const { partitions, memoryBytes, combine, directory, fileName } = options;
    assert(partitions >= 1, "a map output has at least one region");
    this.#options = options;
    this.#path = join(directory, fileName);
    this.#partitions = partitions;
    const byHash = partitions > 1 ? hashPartitionOf(partitions) : undefined;
    this.#partitionOf = options.partitionOf ?? byHash;
    this.#recordBytesMax = recordBytesMaxFor(memoryBytes);
    this.#memory = borrowSlotMemory(Math.floor(memoryBytes * (1 - MERGE_MEMORY_SHARE)));
    this.#numbers = combine?.kind === "number" ? combine : undefined;
    if (combine?.kind === "number") {
      this.#table = new HashCombiner(this.#memory, partitions, combine);
    } else {
      this.#buffer = new RecordBuffer(this.#memory, partitions);
    }
    this.#filler = new RunFiller(combine);
    this.#merges = new MergePasses({ directory, fileName, memoryBytes, filler: this.#filler });
  }

  /** Runs that were written because memory was full. */
  get spills(): number {
    return this.#spilled.length;
  }

  /** Takes a copy of an encoded record. Throws `RECORD_TOO_LARGE`, or what a spill throws. */
  collect(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueStart: number,
    valueEnd: number,
  ): void {
    assert(this.#numbers === undefined, "numbers that are folded come through collectNumber");
    const recordBytes = keyEnd - keyStart + (valueEnd - valueStart);
    if (recordBytes > this.#recordBytesMax)
      throw recordTooLarge(recordBytes, this.#options.memoryBytes);
    this.#put(keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd);
  }

  /**
   * Folds a number into those of its key. Only with a combiner of kind "number"; throws as `collect`
   * does.
   */
  collectNumber(bytes: Buffer, start: number, end: number, amount: number): void {
    const keyBytes = end - start;
    if (keyBytes > this.#recordBytesMax) throw recordTooLarge(keyBytes, this.#options.memoryBytes);
    if (this.#table?.add(bytes, start, end, amount) !== true) {
      if (this.#table !== undefined) this.#spill();
      // The spill may have given up the table.
      if (this.#table === undefined) this.#putNumber(bytes, start, end, amount);
      else assert(this.#table.add(bytes, start, end, amount), FITS);
    }
    this.#amounts++;
    this.#amountKeyBytes += keyBytes;
  }

  /**
   * The same amount for each of many keys: bytes[edges[0], edges[1]), bytes[edges[2], edges[3]) and
   * so on, as far as `count` edges go. None may be longer than a record may be.
   */
  collectNumbers(bytes: Buffer, edges: Int32Array, count: number, amount: number): void {
    for (let from = 0; from < count; ) {
      const table = this.#table;
      if (table !== undefined) {
        const to = table.addAll(bytes, edges, from, count, amount);
        this.#amounts += (to - from) / 2;
        this.#amountKeyBytes += table.addedKeyBytes;
        from = to;
      }
      // The table is full, or has been given up: the ordinary way spills.
      if (from < count) {
        this.collectNumber(bytes, edges[from]!, edges[from + 1]!, amount);
        from += 2;
      }
    }
  }

  #put(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueStart: number,
    valueEnd: number,
  ): void {
    const buffer = this.#buffer!;
    const partitionOf = this.#partitionOf;
    let partition = 0;
    if (partitionOf !== undefined) {
      partition = partitionOf(keyBytes, keyStart, keyEnd);
      assert(partition >= 0 && partition < this.#partitions, "a partition is an index in [0, R)");
    }
    if (buffer.add(partition, keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd)) return;
    this.#spill();
    const fits = buffer.add(
      partition,
      keyBytes,
      keyStart,
      keyEnd,
      valueBytes,
      valueStart,
      valueEnd,
    );
    assert(fits, FITS);
  }

  /** A number as a record, once the table has been given up. */
  #putNumber(bytes: Buffer, start: number, end: number, amount: number): void {
    assert(this.#numbers !== undefined, "numbers are folded only by a combiner of numbers");
    const value = this.#value;
    value.position = 0;
    this.#numbers.writeValue(value, amount, bytes, start, end);
    this.#put(bytes, start, end, value.bytes, 0, value.position);
  }

  /**
   * Writes the map output and removes everything else. Nothing can be collected after it. Where
   * nothing was, there is no file either: to make one is a third of what such a task's thread does.
   */
  finish(): MapOutput {
    assert(this.#isOpen, "a map output is finished once");
    if (this.#isEmpty) {
      this.#close();
      return emptyMapOutput(this.#path, this.#partitions);
    }
    const run = this.#openRun(this.#path);
    if (this.#spilled.length === 0) {
      this.#writeSorted(run);
    } else {
      this.#count();
      const inMemory = this.#sorted();
      const spilled = this.#merges.reduce(this.#spilled);
      mergeInto(run, spilled, inMemory, this.#filler);
    }
    const output = run.finish();
    this.#run = undefined;
    this.#merges.discard();
    this.#close();
    for (const { lengthBytes } of output.regions) this.materializedBytes += lengthBytes;
    this.spilledRecords += run.records + this.#merges.spilledRecords;
    this.combineInputRecords += this.#filler.combineInputRecords;
    this.combineOutputRecords += this.#filler.combineOutputRecords;
    return output;
  }

  /** Removes all files, the map output too. May be called at any time, also after a failure. */
  discard(): void {
    this.#run?.discard();
    this.#run = undefined;
    this.#merges.discard();
    removeRun(this.#path);
    this.#close();
  }

  get #isEmpty(): boolean {
    const inMemory = this.#table?.count ?? this.#buffer!.count;
    return inMemory === 0 && this.#spilled.length === 0;
  }

  #close(): void {
    if (this.#isOpen) returnSlotMemory(this.#memory);
    this.#isOpen = false;
  }

  #openRun(path: string): RunWriter {
    this.#run = new RunWriter(path);
    return this.#run;
  }

  #spill(): void {
    const isFolding =
      this.#table !== undefined && this.#table.count <= this.#amounts * DISTINCT_SHARE_MAX;
    assert(this.#isOpen, "nothing is collected after the end");
    const path = `${this.#path}.spill-${this.#spilled.length}`;
    this.#merges.own(path);
    const run = this.#openRun(path);
    this.#writeSorted(run);
    this.#spilled.push(run.finish());
    this.#run = undefined;
    this.spilledRecords += run.records;
    this.#clear(isFolding);
    this.#options.onSpill?.(this.#spilled.length);
  }

  /** Empties the memory; without a table that folds, for records. */
  #clear(isFolding: boolean): void {
    if (isFolding) {
      this.#table!.clear();
    } else if (this.#buffer !== undefined) {
      this.#buffer.clear();
    } else {
      this.#table = undefined;
      this.#buffer = new RecordBuffer(this.#memory, this.#partitions);
    }
  }

  /** Writes what memory holds as the regions of a run. */
  #writeSorted(run: RunWriter): void {
    this.#count();
    const sorted = this.#sorted();
    for (let partition = 0; partition < this.#partitions; partition++) {
      const source = sorted.source(partition);
      // What comes out of the table is combined already.
      if (this.#table === undefined) this.#filler.fill(source, run);
      else copyRecords(source, run);
      run.endRegion();
    }
  }

  #sorted(): PartitionedRecords {
    if (this.#table !== undefined) {
      this.#table.sort(this.#partitionOf);
      return this.#table;
    }
    this.#buffer!.sort();
    return this.#buffer!;
  }

  /** Counts what memory holds, before it is given out. */
  #count(): void {
    if (this.#numbers === undefined) {
      this.outputRecords += this.#buffer!.count;
      this.outputBytes += this.#buffer!.recordBytes;
      return;
    }
    this.outputRecords += this.#amounts;
    this.outputBytes += this.#amountKeyBytes + this.#amounts * NUMBER_BYTES;
    if (this.#table !== undefined) {
      this.combineInputRecords += this.#amounts;
      this.combineOutputRecords += this.#table.count;
    }
    this.#amounts = 0;
    this.#amountKeyBytes = 0;
  }
}
