/**
 * `run()` on a cluster: prepares the job here, submits it, and follows it to its end. It tells the
 * same events as a run on this machine, and ends in the same ways.
 */

import type { JobId } from "../base/ids.ts";
import type { JobResult } from "../job/report.ts";
import type { Cluster } from "./cluster.ts";
import { type ClusterJobOptions, prepareJob } from "./prepare-job.ts";
import type { LeaderChange } from "./resumed-stream.ts";
import { submitJob } from "./submit-job.ts";
import { type OnClusterEvent, watchToEnd } from "./watch-to-end.ts";

/** How a job is to run, and who is told of it. */
export interface ClusterRunOptions extends ClusterJobOptions {
  readonly onEvent: OnClusterEvent;
  /** The job is submitted: from now on the cluster runs it, whatever becomes of us. */
  readonly onSubmitted: (job: JobId) => void;
  readonly onChange: (change: LeaderChange) => void;
}

/**
 * Runs the job at `path` and resolves to what it has made. The signal cancels it, on the cluster too,
 * and its end is waited for.
 */
export async function runOnCluster(
  cluster: Cluster,
  path: string,
  options: ClusterRunOptions,
): Promise<JobResult> {
  const { signal, onEvent, onChange } = options;
  const prepared = await prepareJob(path, options);
  const warnings = new Set(prepared.warnings);
  for (const message of warnings) onEvent({ type: "warning", message }, 0);
  const job = await submitJob(cluster, prepared, signal);
  options.onSubmitted(job);
  // Ends the following where the cluster cannot be told to cancel.
  const stop = new AbortController();
  const cancel = (): void => {
    cluster
      .jobs((jobs, bounds) => jobs.cancelJob(job, bounds))
      .catch((thrown: unknown) => stop.abort(thrown));
  };
  signal?.addEventListener("abort", cancel, { once: true });
  if (signal?.aborted === true) cancel();
  try {
    return await watchToEnd(cluster, job, {
      signal: stop.signal,
      onChange,
      onEvent: (event, agoMs) => {
        // The masters may tell of the bundle's warnings too.
        if (event.type !== "warning" || !warnings.delete(event.message)) onEvent(event, agoMs);
      },
    });
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}
