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
}

/** A finished map output. Plain data. */
export interface MapOutput {
  readonly path: string;
  /** By partition; R of them. */
  readonly regions: readonly Region[];
}
