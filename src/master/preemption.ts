/**
 * Reduces may run when a map output gets lost, and then wait for it in all the slots there are: some of
 * them have to make way for the map task.
 */

import type { AttemptRef } from "../scheduler/command.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { RegionNews } from "./region-news.ts";
import type { WorkerSession } from "./worker-session.ts";

/** A reduce attempt, and where it runs. */
export interface RunningReduce {
  readonly session: WorkerSession;
  readonly ref: AttemptRef;
}

/** Where no slot is free: as many reduces as map tasks wait. */
export function* inTheWay(state: ClusterState, regions: RegionNews): Generator<RunningReduce> {
  for (const job of state.scheduler.jobs.values()) {
    if (job.phase !== "map" || job.map.idle.length === 0) continue;
    yield* regions.runningReduces(job).slice(-job.map.idle.length);
  }
}
