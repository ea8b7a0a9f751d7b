/**
 * What a snapshot says of a worker, and of a job but for its tasks: plain data without what follows
 * from the tasks.
 */

import {
  hasEnded,
  type JobState,
  type LabelledTasks,
  untouchedPhase,
  type Verdict,
  type WorkerState,
} from "../state.ts";

/** A life of a worker. */
export type WorkerLife = Omit<WorkerState, "running" | "outputs">;

export function lifeOf({ running: _, outputs: __, ...life }: WorkerState): WorkerLife {
  return life;
}

export function workerFrom(life: WorkerLife): WorkerState {
  return { ...life, running: new Set(), outputs: new Map() };
}

/** A job without its tasks. */
export interface JobHead extends Omit<JobState, "map" | "reduce" | "mapHosts" | "verdict"> {
  readonly maps: number;
  readonly reduces: number;
  /** JSON has no undefined. */
  readonly verdict: Verdict | null;
}

export function headOf({ map, reduce, mapHosts: _, verdict, ...rest }: JobState): JobHead {
  return { ...rest, maps: map.count, reduces: reduce.count, verdict: verdict ?? null };
}

/** The job, none of whose tasks was attempted. */
export function jobFrom(head: JobHead): JobState & { readonly mapHosts: LabelledTasks[] } {
  const { maps, reduces, verdict, ...rest } = head;
  const job = {
    ...rest,
    mapHosts: [],
    verdict: verdict === null ? undefined : withUndefined(verdict),
    map: untouchedPhase(maps),
    reduce: untouchedPhase(reduces),
  };
  if (!hasEnded(job)) return job;
  // Once a job has ended, nothing of it will be assigned.
  for (const phase of [job.map, job.reduce]) phase.fresh.clear();
  return job;
}

/** JSON leaves out what is undefined; the state says it. */
function withUndefined(verdict: Verdict): Verdict {
  const { failure } = verdict;
  return {
    ...verdict,
    failure: { ...failure, codeFrame: failure.codeFrame, record: failure.record },
  };
}
