/**
 * What is told of a job to those who ask: on one line of a list, or all about it.
 */

import { SheafError } from "../../base/error.ts";
import type { JobId } from "../../base/ids.ts";
import type { AnyAttemptRef } from "../../rpc/wire/attempt.ts";
import type { JobReport, JobSummary } from "../../rpc/wire/job.ts";
import { attemptOf } from "../../scheduler/state.ts";
import type { Leader } from "../leader/leader.ts";
import type { ClusterJob } from "../state/cluster-state.ts";

const FAILURES_SHOWN_MAX = 100;

const NOTHING_DONE = {
  ...{ tasks: 0, running: 0, completed: 0, records: 0, bytes: 0, bytesTotal: 0 },
  ...{ spills: 0, retries: 0, skippedRecords: 0 },
};

/** A job that the cluster knows. Throws `NOT_FOUND`. */
export function jobOf(leader: Leader, id: JobId): ClusterJob {
  const job = leader.state.jobs.get(id);
  if (job !== undefined) return job;
  throw new SheafError("NOT_FOUND", `The cluster has no job ${id}. "sheaf jobs" lists them.`);
}

/** A job on one line. */
export function summaryOf(leader: Leader, job: ClusterJob): JobSummary {
  const { map = NOTHING_DONE, reduce = NOTHING_DONE } =
    leader.progressOf(job.id) ?? job.totals ?? {};
  return {
    job: job.id,
    name: job.spec.name,
    state: job.standing,
    submittedMs: job.submittedMs,
    endedMs: job.ended?.timeMs,
    priority: job.spec.priority,
    map,
    reduce,
    runningAttempts: map.running + reduce.running,
    output: job.spec.output,
  };
}

/** All about a job. */
export function reportOf(leader: Leader, job: ClusterJob): JobReport {
  const running = leader.slotsOf(job.id).map(({ worker, sinceMs, progress }) => {
    const { attempt, records, bytes } = progress;
    const elapsedMs = Math.max(0, leader.nowMs - sinceMs);
    return { attempt, worker, elapsedMs, records, bytes, isBackup: isBackup(leader, attempt) };
  });
  const failures = job.events.flatMap(({ event, worker }) =>
    event.type === "attempt-failed" ? [{ ...event, worker }] : [],
  );
  return {
    summary: summaryOf(leader, job),
    step: job.current?.label ?? job.steps.at(-1)?.label ?? { step: 0, iteration: 1 },
    running,
    failures: failures.slice(-FAILURES_SHOWN_MAX).reverse(),
    ended: job.ended?.event,
    lastSequence: job.events.length,
  };
}

/** Whether it was assigned beside another attempt of its task. */
function isBackup({ state }: Leader, { phase, ...ref }: AnyAttemptRef): boolean {
  return phase !== "sample" && attemptOf(state.scheduler, { ...ref, phase })?.backup === true;
}
