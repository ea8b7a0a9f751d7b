/**
 * Whether a worker may be one of the cluster's, and what the log says that it runs.
 */

import type { Incarnation } from "../base/ids.ts";
import { packageFacts } from "../base/package-facts.ts";
import type { Refused } from "../rpc/wire/from-master.ts";
import type { Register } from "../rpc/wire/from-worker.ts";
import type { AttemptRef } from "../scheduler/command.ts";
import { type JobState, phaseOf } from "../scheduler/state.ts";
import { type ClusterState, lifeOf } from "./cluster-state.ts";

/** Why a life of a worker is refused; undefined if it is not. */
export function refusalOf(
  state: ClusterState,
  incarnation: Incarnation,
  register: Register,
): Pick<Refused, "reason" | "message"> | undefined {
  const { version } = packageFacts();
  if (register.version !== version) {
    const message = `The master has version ${version}, the worker ${register.version}.`;
    return { reason: "version", message } as const;
  }
  const known = state.workers.get(register.worker);
  if (known?.past.includes(incarnation) === true) {
    const message = `Another process has registered as ${register.worker} since.`;
    return { reason: "superseded", message } as const;
  }
  if (known?.incarnation === incarnation && known.isLost) {
    const message = "It was silent for too long, and what it held was given up.";
    return { reason: "lost", message } as const;
  }
  return undefined;
}

/** The attempts that run on a worker, as the log has it. */
export function* runningOn(job: JobState, incarnation: Incarnation): Generator<AttemptRef> {
  for (const phase of ["map", "reduce"] as const) {
    for (const task of phaseOf(job, phase).tasks) {
      for (const { number, worker, state } of task.attempts) {
        if (state !== "running" || lifeOf(worker) !== incarnation) continue;
        yield { job: job.id, phase, task: task.index, attempt: number };
      }
    }
  }
}
