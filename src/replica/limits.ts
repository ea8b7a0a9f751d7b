/**
 * The bounds of a replica, in one place, with their units last; an option may move them. Those of
 * the core and of the log are their own (raft/limits.ts, storage/limits.ts).
 */

const MIB = 1024 * 1024;

/** See the head of this file. */
export interface ReplicaLimits {
  /** Commands that were proposed and are not applied. */
  readonly proposalsMax: number;
  /** Bytes of those among them that the core has no room for yet. */
  readonly waitingBytesMax: number;
  /** Reads that wait. */
  readonly readsMax: number;
  /** Chunks of snapshots that wait to be read from the disk for others; more are dropped. */
  readonly chunksWaitingMax: number;
  /** Work after which the event loop gets a turn. */
  readonly sliceMs: number;
  /** What makes a log long enough for a snapshot, and when to keep what; see log-growth.ts. */
  readonly snapshotBytesMin: number;
  readonly snapshotBytesMax: number;
  readonly tailBytes: number;
}

export const REPLICA_LIMITS: ReplicaLimits = {
  proposalsMax: 20_000,
  waitingBytesMax: 64 * MIB,
  readsMax: 10_000,
  chunksWaitingMax: 256,
  sliceMs: 10,
  snapshotBytesMin: 8 * MIB,
  snapshotBytesMax: 256 * MIB,
  tailBytes: 4 * MIB,
};
