/**
 * The output of a map task: one file with R regions, in the order of their partitions and without
 * gaps, so that their lengths alone are the index.
 */

/** One partition's bytes in a map output (or in a spill, which has the same shape). */
export interface Region {
  /** First byte in the file. */
  readonly offset: number;
  /** Zero where the task put out nothing for the partition. */
  readonly lengthBytes: number;
  readonly records: number;
  /** The largest block, header included: the memory that reading the region takes. */
  readonly blockBytesMax: number;
  /** What the file was copied from, which is to blame for its bytes; the copy goes when it was read. */
  readonly copyOf?: string;
}

/** A finished map output. Plain data. */
export interface MapOutput {
  /** Where all regions are empty there may be no file. */
  readonly path: string;
  /** By partition; R of them. */
  readonly regions: readonly Region[];
}

/** What a task leaves that put out nothing. */
export function emptyMapOutput(path: string, partitions: number): MapOutput {
  const region: Region = { offset: 0, lengthBytes: 0, records: 0, blockBytesMax: 0 };
  return { path, regions: Array<Region>(partitions).fill(region) };
}
