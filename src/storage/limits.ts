/**
 * The bounds of the storage, in one place, with their units last. What a reader takes for possible
 * (`RECORD_PAYLOAD_BYTES_MAX`) is part of the format; the others may change from version to version.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** The data of one entry, or of one chunk of a snapshot. A longer length is a damaged one. */
export const RECORD_PAYLOAD_BYTES_MAX = 64 * MIB;
/** A segment that has reached this size is followed by a new one. */
export const SEGMENT_BYTES = 64 * MIB;
/** A segment may pass its size by one batch, and must stay below what its index can hold. */
export const SEGMENT_BYTES_MAX = 2 ** 32 - 1;
/** Zeros that are written ahead of the log's end; see segment-writer.ts. */
export const PREALLOCATION_BYTES = 1 * MIB;
/** What waits to be written, entries with their overhead; more is refused. */
export const QUEUE_BYTES_MAX = 128 * MIB;
/** Calls of `persist` that wait. */
export const QUEUE_REQUESTS_MAX = 100_000;
/** What goes to the disk with one fsync. A larger request goes alone. */
export const BATCH_BYTES_MAX = 8 * MIB;
/** A buffer that has grown past this is given back after its use. */
export const BUFFER_BYTES_KEPT = 4 * MIB;
/** One read of a file that is read through. */
export const READ_BYTES = 1 * MIB;
/** A chunk of a snapshot as this member writes it; those that it receives have a size of theirs. */
export const SNAPSHOT_CHUNK_BYTES = 256 * KIB;
/** Bytes of a snapshot that may be dirty: one long fsync at its end would hold up the log's. */
export const SNAPSHOT_DIRTY_BYTES_MAX = 8 * MIB;
/** Whole snapshots in the folder; one that is being read stays until it is closed. */
export const SNAPSHOTS_KEPT = 2;
/** A cluster's name. */
export const CLUSTER_CHARS_MAX = 64;
/** Faults that a verdict and an inspection list; more are counted. */
export const FAULTS_LISTED_MAX = 100;

/** The bounds that tests make small, to come upon them soon. */
export interface StorageLimits {
  readonly segmentBytes: number;
  readonly preallocationBytes: number;
  readonly queueBytesMax: number;
  readonly queueRequestsMax: number;
  readonly batchBytesMax: number;
  readonly snapshotChunkBytes: number;
  readonly snapshotsKept: number;
}

export const STORAGE_LIMITS: StorageLimits = {
  segmentBytes: SEGMENT_BYTES,
  preallocationBytes: PREALLOCATION_BYTES,
  queueBytesMax: QUEUE_BYTES_MAX,
  queueRequestsMax: QUEUE_REQUESTS_MAX,
  batchBytesMax: BATCH_BYTES_MAX,
  snapshotChunkBytes: SNAPSHOT_CHUNK_BYTES,
  snapshotsKept: SNAPSHOTS_KEPT,
};
