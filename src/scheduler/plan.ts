/**
 * What to do next: a pure function from the state, and from what is known of the workers, to
 * commands. Nothing has happened until they are applied. Called by the leader alone.
 */

import { attemptNumber, type WorkerId } from "../base/ids.ts";
import type { AssignTask } from "./command.ts";
import { hasEnded, phaseOf, type SchedulerState } from "./state.ts";

/** Who could run attempts now. Never stored: it is what the leader has seen of late. */
export interface Liveness {
  readonly workers: readonly WorkerSlots[];
}

/** A live worker, and how many more attempts it has room for. */
export interface WorkerSlots {
  readonly id: WorkerId;
  readonly free: number;
}

/**
 * Assigns idle tasks to free slots: jobs in the order of submission, tasks in their own order, each
 * to the worker with most room.
 */
export function plan(state: SchedulerState, liveness: Liveness): AssignTask[] {
  const room = liveness.workers.map((worker) => ({ ...worker }));
  const commands: AssignTask[] = [];
  for (const job of state.jobs.values()) {
    if (hasEnded(job)) continue;
    const name = job.phase === "map" ? "map" : "reduce";
    const phase = phaseOf(job, name);
    for (const index of phase.idle) {
      const worker = roomiest(room);
      if (worker === undefined) return commands;
      worker.free--;
      const attempt = attemptNumber(phase.tasks[index]!.attempts.length);
      commands.push({
        type: "assign-task",
        job: job.id,
        phase: name,
        task: index,
        attempt,
        worker: worker.id,
      });
    }
  }
  return commands;
}

function roomiest(
  workers: { id: WorkerId; free: number }[],
): { id: WorkerId; free: number } | undefined {
  let best: { id: WorkerId; free: number } | undefined;
  for (const worker of workers) {
    if (worker.free > (best?.free ?? 0)) best = worker;
  }
  return best;
}
