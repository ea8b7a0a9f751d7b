/**
 * Merges runs with R regions each: in one pass into a run that is open, or neighbours among them
 * into intermediate runs first, where there are more than can be read at once.
 *
 * What always holds: the order of runs stays, so values keep theirs; a temporary run is removed as
 * soon as it has been merged, so that the disk holds the data about twice at most.
 */

import { join } from "node:path";
import type { MapOutput } from "./map-output.ts";
import { mergeSources } from "./merge.ts";
import { fanInFor, nextMerge } from "./merge-plan.ts";
import type { RecordSource } from "./record-source.ts";
import type { RunFiller } from "./run-filler.ts";
import { RunReader, sharedRooms } from "./run-reader.ts";
import { RunWriter, removeRun } from "./run-writer.ts";

/** Sorted records in memory, by partition. */
export interface PartitionedRecords {
  source(partition: number): RecordSource;
}

/** Where intermediate runs go and what they may take. */
export interface MergePassesOptions {
  readonly directory: string;
  /** What the names of intermediate runs start with. */
  readonly fileName: string;
  readonly memoryBytes: number;
  readonly filler: RunFiller;
}

/** See the head of this file. */
export class MergePasses {
  readonly #options: MergePassesOptions;
  /** Files to be removed once they have been merged, or with `discard`. */
  readonly #temporaries = new Set<string>();
  /** Intermediate runs written so far, and the records in them. */
  passes = 0;
  spilledRecords = 0;

  constructor(options: MergePassesOptions) {
    this.#options = options;
  }

  /** Makes a file one of those to be removed. */
  own(path: string): void {
    this.#temporaries.add(path);
  }

  /** Merges neighbours among `runs` until those that are left can be read at once. */
  reduce(runs: readonly MapOutput[]): MapOutput[] {
    const { memoryBytes, directory, fileName, filler } = this.#options;
    const left = [...runs];
    for (;;) {
      const fanIn = fanInFor(memoryBytes, blockBytesMaxOf(left));
      const step = nextMerge(left.map(bytesOf), fanIn);
      if (step === undefined) return left;
      const group = left.slice(step.from, step.from + step.count);
      const path = join(directory, `${fileName}.merge-${this.passes}`);
      this.passes++;
      this.own(path);
      const run = new RunWriter(path);
      try {
        mergeInto(run, group, undefined, filler);
        left.splice(step.from, step.count, run.finish());
      } catch (error) {
        run.discard();
        throw error;
      }
      this.spilledRecords += run.records;
      for (const merged of group) this.release(merged.path);
    }
  }

  /** Removes a file if it is a temporary one. */
  release(path: string): void {
    if (this.#temporaries.delete(path)) removeRun(path);
  }

  /** Removes all temporary files. */
  discard(): void {
    for (const path of this.#temporaries) this.release(path);
  }
}

/**
 * Merges runs, all with the same number of partitions, and then the records in memory, if any, into
 * the regions of `into`.
 */
export function mergeInto(
  into: RunWriter,
  runs: readonly MapOutput[],
  inMemory: PartitionedRecords | undefined,
  filler: RunFiller,
): void {
  const partitions = runs[0]!.regions.length;
  const readers: RunReader[] = [];
  try {
    const rooms = sharedRooms(runs.map((run) => blockBytesMaxOf([run])));
    for (const [i, { path, regions }] of runs.entries()) {
      readers.push(new RunReader(path, regions[0]!, rooms[i]));
    }
    for (let partition = 0; partition < partitions; partition++) {
      const sources: RecordSource[] = [];
      for (const [i, reader] of readers.entries()) {
        const region = runs[i]!.regions[partition]!;
        if (region.records === 0) continue;
        reader.reset(region);
        sources.push(reader);
      }
      if (inMemory !== undefined) sources.push(inMemory.source(partition));
      filler.fill(mergeSources(sources), into);
      into.endRegion();
    }
  } finally {
    for (const reader of readers) reader.close();
  }
}

function bytesOf({ regions }: MapOutput): number {
  const last = regions[regions.length - 1]!;
  return last.offset + last.lengthBytes - regions[0]!.offset;
}

function blockBytesMaxOf(runs: readonly MapOutput[]): number {
  let max = 0;
  for (const { regions } of runs) {
    for (const { blockBytesMax } of regions) max = Math.max(max, blockBytesMax);
  }
  return max;
}
