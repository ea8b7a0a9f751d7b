/**
 * `sheaf cancel`: ends a job of a cluster.
 */

import type { JobStanding } from "../../rpc/wire/job.ts";
import type { Dependencies } from "../dependencies.ts";
import { EXIT_DONE } from "../exit-code.ts";
import { type ClusterFlags, openCluster, readJobId } from "./cluster-flags.ts";

/** Runs the command and returns the exit code. Throws `USAGE` and what the cluster refuses. */
export async function cancelCommand(
  words: string | undefined,
  flags: ClusterFlags,
  dependencies: Dependencies,
): Promise<number> {
  const job = readJobId(words, "sheaf cancel JOB [options]");
  const cluster = openCluster(flags, dependencies);
  const { stdout, stderr } = dependencies;
  try {
    const state = await cluster.jobs((jobs, bounds) => jobs.cancelJob(job, bounds));
    if (flags.json === true) stdout.write(`${JSON.stringify({ job, state })}\n`);
    else stderr.write(`${outcomeOf(job, state)}\n`);
    return EXIT_DONE;
  } finally {
    cluster.close();
  }
}

function outcomeOf(job: string, state: JobStanding): string {
  switch (state) {
    case "succeeded":
    case "failed":
      return `The job ${job} had ended already: it has ${state}.`;
    case "cancelled":
      return `Cancelled ${job}. Its output folder is as it was.`;
    case "pending":
    case "running":
      return `Cancelling ${job}: its attempts are ending.`;
  }
}
