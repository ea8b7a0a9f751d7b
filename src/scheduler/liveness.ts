/**
 * Liveness: what the leader has seen of late and what planning remembers. It is never logged; a new
 * leader begins with none, which costs a little time and nothing else.
 */

import type { JobId, TaskIndex, WorkerId, WorkerName } from "../base/ids.ts";
import type { Pace } from "./pace.ts";
import type { PlanMemory } from "./plan/memory.ts";

/** What plan() asks the leader. */
export interface Liveness {
  /**
   * Workers that answer pings and have room: for how many more attempts. Those that are full are
   * absent, so that planning costs nothing for them.
   */
  readonly free: ReadonlyMap<WorkerId, number>;
  /** Workers that get nothing for a while. See exclusion.ts. */
  readonly excluded: ReadonlySet<WorkerName>;
  /** Whether workers can be told of a job yet; nothing is assigned of others. Undefined if of all. */
  readonly isReady: ((job: JobId) => boolean) | undefined;
  /** How far attempts are. Without it no backups are made. See attempt-clock.ts. */
  readonly pace: Pace | undefined;
  /**
   * The workers that hold most bytes of a partition, the first most; a few will do. Without it reduces
   * go anywhere.
   */
  readonly regionShares: ((job: JobId, partition: TaskIndex) => readonly RegionShare[]) | undefined;
  /** Made once by `new PlanMemory()` for as long as the leader leads. */
  readonly memory: PlanMemory;
}

/** What part of a partition's bytes is on a worker, in [0, 1]. */
export interface RegionShare {
  readonly worker: WorkerId;
  readonly share: number;
}
