/**
 * What a reduce attempt reads: the regions of its partition, from every map output, as one sorted
 * source. Regions are merged in the order in which they are given, which is that of the map tasks.
 */

import type { Region } from "./map-output.ts";
import { MergedSource } from "./merge.ts";
import { MergePasses } from "./merge-passes.ts";
import { RunFiller } from "./run-filler.ts";
import { RunReader, sharedRooms } from "./run-reader.ts";

/** A region and the file that holds it. */
export interface RunRegion extends Region {
  readonly path: string;
}

/** Where a merge may work. */
export interface MergeRunsOptions {
  readonly memoryBytes: number;
  /** Folder of intermediate runs, if there have to be any. */
  readonly directory: string;
  /** What their names start with. */
  readonly fileName: string;
}

/** The merge of several regions. Closing it removes its intermediate runs. */
export class MergedRuns extends MergedSource {
  readonly #readers: readonly RunReader[];
  readonly #passes: MergePasses;

  constructor(readers: readonly RunReader[], passes: MergePasses) {
    super(readers);
    this.#readers = readers;
    this.#passes = passes;
  }

  /** Intermediate runs that had to be written, and the records in them. */
  get passes(): number {
    return this.#passes.passes;
  }

  get spilledRecords(): number {
    return this.#passes.spilledRecords;
  }

  /** Bytes read so far, those of intermediate merges apart. */
  get bytesRead(): number {
    let bytes = 0;
    for (const reader of this.#readers) bytes += reader.bytesRead;
    return bytes;
  }

  override close(): void {
    super.close();
    this.#passes.discard();
  }
}

/**
 * Opens the regions for reading; empty ones may be among them. If there are more than can be read at
 * once, neighbours are merged before this returns.
 */
export function mergeRuns(regions: readonly RunRegion[], options: MergeRunsOptions): MergedRuns {
  const passes = new MergePasses({ ...options, filler: new RunFiller(undefined) });
  const readers: RunReader[] = [];
  try {
    const runs = regions
      .filter(({ records }) => records > 0)
      .map((region) => ({ path: region.path, regions: [region] }));
    const left = passes.reduce(runs);
    const rooms = sharedRooms(left.map(({ regions }) => regions[0]!.blockBytesMax));
    for (const [i, { path, regions }] of left.entries()) {
      readers.push(new RunReader(path, regions[0]!, rooms[i]));
    }
  } catch (error) {
    for (const reader of readers) reader.close();
    passes.discard();
    throw error;
  }
  return new MergedRuns(readers, passes);
}
