/**
 * Follows a job to its end for whoever shows it: events go out as they come, the end comes back as a
 * result or as the error that the job failed with, as from `run()`.
 */

import { SheafError } from "../base/error.ts";
import type { JobId } from "../base/ids.ts";
import type { JobEnded, JobEvent, JobResult } from "../job/report.ts";
import { isErrorCode } from "../rpc/wire/failure.ts";
import type { Cluster } from "./cluster.ts";
import { followJob } from "./follow-job.ts";
import type { FollowOptions } from "./resumed-stream.ts";

/**
 * Told every event, and how long ago it happened: a display that is attached to a job late gets its
 * past first. By two clocks, the leader's and ours, so never taken for less than nothing.
 */
export type OnClusterEvent = (event: JobEvent, agoMs: number) => void;

/** Resolves to what the job has made. Throws what it failed with, and what `followJob` throws. */
export async function watchToEnd(
  cluster: Cluster,
  job: JobId,
  options: FollowOptions & { readonly onEvent: OnClusterEvent },
): Promise<JobResult> {
  for await (const { event, timeMs, worker } of followJob(cluster, job, options)) {
    const told = event.type === "attempt-failed" && worker ? { ...event, worker } : event;
    options.onEvent(told, Math.max(0, Date.now() - timeMs));
    if (event.type === "job-ended") return outcomeOf(event);
  }
  throw new Error("The events of a job ended without its end.");
}

function outcomeOf({ result, error }: JobEnded): JobResult {
  if (result !== undefined) return result;
  const { code, message } = error ?? { code: "BUG", message: "The job ended without a word." };
  if (isErrorCode(code)) throw new SheafError(code, message);
  const bug = new Error(message);
  // Where it was thrown is on another machine; our own frames would mislead.
  bug.stack = "";
  throw bug;
}
