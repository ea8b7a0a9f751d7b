/**
 * Where a reduce goes: to the worker that has most of its region bytes, if that is much more than
 * others have, and it has room.
 */

import type { JobId, TaskIndex } from "../../base/ids.ts";
import type { WorkerState } from "../state.ts";
import type { Round } from "./round.ts";

/** What is worth a certain place: so much of all bytes, and so much more than an equal share. */
const SHARE_MIN = 0.1;
const OF_EQUAL_SHARE_MIN = 1.25;
/** How many workers are looked at: the shares of all that may be worth it, and no more. */
const WORKERS_MAX = 1 / SHARE_MIN;

/** The worker that a reduce had best run on; undefined if any will do. */
export function nearestWorker(
  job: JobId,
  partition: TaskIndex,
  { state, liveness, free }: Round,
): WorkerState | undefined {
  const shares = liveness.regionShares?.(job, partition) ?? [];
  const worthwhile = Math.max(SHARE_MIN, OF_EQUAL_SHARE_MIN / state.workers.live.size);
  for (const { worker: id, share } of shares.slice(0, WORKERS_MAX)) {
    if (share < worthwhile) return undefined;
    const worker = state.workers.live.get(id);
    if (worker !== undefined && free.has(worker)) return worker;
  }
  return undefined;
}
