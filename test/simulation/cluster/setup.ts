/**
 * What a seed draws before anything happens: how large the cluster is, and how small the bounds are at
 * which things become difficult.
 */

import type { RaftLimits } from "../../../src/raft/limits.ts";
import type { ReplicaLimits } from "../../../src/replica/limits.ts";
import type { StorageLimits } from "../../../src/storage/limits.ts";
import type { Chance } from "../../storage/support/chance.ts";

/** See the head of this file. */
export interface Setup {
  readonly masters: number;
  readonly workers: number;
  readonly slots: number;
  readonly clients: number;
  readonly jobs: number;
  readonly electionTicks: number;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly raftLimits: Partial<RaftLimits>;
  readonly replicaLimits: Partial<ReplicaLimits>;
  readonly storageLimits: Partial<StorageLimits>;
  readonly syncMs: number;
  readonly replacementsAtOnce: number;
}

const KIB = 1024;

export function drawSetup(chance: Chance): Setup {
  const isTight = chance.oneIn(2);
  return {
    masters: chance.pick([3, 3, 3, 3, 5, 1]),
    workers: 2 + chance.below(4),
    slots: 1 + chance.below(3),
    clients: 2 + chance.below(2),
    jobs: 1 + chance.below(3),
    electionTicks: 5 + chance.below(6),
    pingIntervalMs: 500,
    pingTimeoutMs: 2000 + chance.below(2000),
    raftLimits: {
      chunkBytesMax: chance.pick([256, KIB, 4 * KIB]),
      ...(isTight && {
        appendBytesMax: chance.pick([256, 2 * KIB]),
        inFlightAppendsMax: 1 + chance.below(4),
        chunksInFlightMax: 1 + chance.below(3),
        committedBytesMax: chance.pick([512, 8 * KIB]),
        uncommittedBytesMax: chance.pick([4 * KIB, 64 * KIB]),
      }),
    },
    replicaLimits: {
      snapshotBytesMin: chance.pick([4, 16, 64]) * KIB,
      tailBytes: chance.pick([0.5, 4, 16]) * KIB,
      sliceMs: chance.pick([0, 10]),
    },
    storageLimits: {
      segmentBytes: chance.pick([4, 16, 64]) * KIB,
      preallocationBytes: chance.pick([1, 4]) * KIB,
    },
    syncMs: chance.pick([0.5, 2, 8]),
    replacementsAtOnce: chance.pick([1, 2, 2]),
  };
}
