/**
 * Moves the records of a sorted source into a run, combining those of one key on the way. Every
 * spill, intermediate merge and map output is filled here.
 */

import { ByteWriter } from "../base/bytes.ts";
import {
  type CombineOption,
  foldFunction,
  type GroupCombine,
  type NumberCombineOption,
} from "./combine-option.ts";
import { GroupedSource } from "./group.ts";
import type { RecordSource } from "./record-source.ts";
import type { RunWriter } from "./run-writer.ts";

/** See the head of this file. */
export class RunFiller {
  readonly #combine: CombineOption | undefined;
  readonly #value = new ByteWriter(64);
  /** Records that went into combining, and what came out. */
  combineInputRecords = 0;
  combineOutputRecords = 0;

  constructor(combine: CombineOption | undefined) {
    this.#combine = combine;
  }

  /** Appends all records of `source` to the open region of `run`, combined. */
  fill(source: RecordSource, run: RunWriter): void {
    const combine = this.#combine;
    if (combine === undefined) copyRecords(source, run);
    else if (combine.kind === "number") this.#fold(source, run, combine);
    else this.#combineGroups(source, run, combine.combine);
  }

  #fold(source: RecordSource, run: RunWriter, option: NumberCombineOption): void {
    const { readValue, writeValue } = option;
    const fold = foldFunction(option.fold);
    const groups = new GroupedSource(source);
    const value = this.#value;
    while (groups.nextGroup()) {
      groups.next();
      let folded = readValue(groups.valueBytes, groups.valueStart, groups.valueEnd);
      while (groups.next()) {
        folded = fold(folded, readValue(groups.valueBytes, groups.valueStart, groups.valueEnd));
      }
      value.position = 0;
      writeValue(value, folded, groups.keyBytes, groups.keyStart, groups.keyEnd);
      run.write(groups.keyBytes, groups.keyStart, groups.keyEnd, value.bytes, 0, value.position);
      this.combineOutputRecords++;
    }
    this.combineInputRecords += groups.records;
  }

  #combineGroups(source: RecordSource, run: RunWriter, combine: GroupCombine): void {
    const groups = new GroupedSource(source);
    const emit = (bytes: Buffer, start: number, end: number): void => {
      run.write(groups.keyBytes, groups.keyStart, groups.keyEnd, bytes, start, end);
      this.combineOutputRecords++;
    };
    while (groups.nextGroup()) {
      combine(groups.keyBytes, groups.keyStart, groups.keyEnd, groups, emit);
    }
    this.combineInputRecords += groups.records;
  }
}

/** Appends all records of `source` to the open region of `run` as they are. */
export function copyRecords(source: RecordSource, run: RunWriter): void {
  while (source.next()) {
    run.write(
      source.keyBytes,
      source.keyStart,
      source.keyEnd,
      source.valueBytes,
      source.valueStart,
      source.valueEnd,
      source.sameKey,
    );
  }
}
