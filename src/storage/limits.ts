/**
 * The bounds of the storage, in one place, with their units last. What a reader takes for possible
 * (`PAYLOAD_BYTES_MAX`) is part of the format; the others may change from version to version.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** The data of one entry. A record that says more is a damaged one. */
export const PAYLOAD_BYTES_MAX = 64 * MIB;
/** One read of a file that is read through. */
export const READ_BYTES = 1 * MIB;
/** What disks lose at once, at the most. */
export const PAGE_BYTES = 4096;
/** A buffer that has grown past this is given back after its use. */
export const BUFFER_BYTES_KEPT = 4 * MIB;
/** Bytes of a snapshot that may be dirty: one long fsync at its end would hold up the log's. */
export const SNAPSHOT_DIRTY_BYTES_MAX = 8 * MIB;
/** A cluster's name. */
export const CLUSTER_CHARS_MAX = 64;

/** The bounds that tests make small, to come upon them soon. */
export interface StorageLimits {
  /** A segment that has reached this size is followed by a new one; it may pass it by one batch. */
  readonly segmentBytes: number;
  /** Zeros that are written ahead of the log's end; see segment-writer.ts. */
  readonly preallocationBytes: number;
  /** What goes to the disk with one fsync. A larger request goes alone. */
  readonly batchBytesMax: number;
  /** Calls of `persist` that wait for the disk. */
  readonly requestsWaitingMax: number;
}

export const STORAGE_LIMITS: StorageLimits = {
  segmentBytes: 16 * MIB,
  preallocationBytes: 1 * MIB,
  batchBytesMax: 8 * MIB,
  requestsWaitingMax: 10_000,
};
