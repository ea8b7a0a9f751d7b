/**
 * `sheaf status`: all about one job; with `--follow`, the display of a running job until its end, as
 * if `sheaf run` had never gone away, and with the same exit code.
 */

import type { JobId } from "../../base/ids.ts";
import type { Cluster } from "../../client/cluster.ts";
import { watchToEnd } from "../../client/watch-to-end.ts";
import type { Dependencies } from "../dependencies.ts";
import { writeLines } from "../display/table.ts";
import { EXIT_DONE } from "../exit-code.ts";
import { usage } from "../flag-values.ts";
import { showRun } from "../shown-run.ts";
import { type ClusterFlags, openCluster, readJobId } from "./cluster-flags.ts";
import { changeInWords, orGoesOn } from "./lost-leader.ts";
import { reportLines } from "./report-lines.ts";

/** The flags as commander hands them over. */
export interface StatusFlags extends ClusterFlags {
  readonly follow?: boolean;
  readonly quiet?: boolean;
}

/** Runs the command and returns the exit code. Throws `USAGE` and what the cluster refuses. */
export async function statusCommand(
  words: string | undefined,
  flags: StatusFlags,
  dependencies: Dependencies,
): Promise<number> {
  const job = readJobId(words, "sheaf status JOB [options]");
  if (flags.quiet === true && flags.follow !== true) {
    throw usage("--quiet is for --follow: without it, the status is all there is to print.");
  }
  const cluster = openCluster(flags, dependencies);
  const { stdout, env } = dependencies;
  try {
    const report = await cluster.jobs((jobs, bounds) => jobs.getJob(job, bounds));
    if (flags.follow === true) {
      const { name, submittedMs } = report.summary;
      return await follow(cluster, job, { name, submittedMs, flags }, dependencies);
    }
    if (flags.json === true) stdout.write(`${JSON.stringify(report)}\n`);
    else writeLines(stdout, env, reportLines(report, Date.now()));
    return EXIT_DONE;
  } finally {
    cluster.close();
  }
}

async function follow(
  cluster: Cluster,
  job: JobId,
  shown: { readonly name: string; readonly submittedMs: number; readonly flags: StatusFlags },
  dependencies: Dependencies,
): Promise<number> {
  const { name, submittedMs, flags } = shown;
  return await showRun(
    {
      name,
      flags,
      agoMs: Math.max(0, Date.now() - submittedMs),
      atInterrupt: "leave",
      async start({ signal, onEvent, note }) {
        try {
          const onChange = (change: Parameters<typeof changeInWords>[0]): void =>
            note(changeInWords(change));
          return await watchToEnd(cluster, job, { signal, onEvent, onChange });
        } catch (thrown) {
          throw orGoesOn(thrown, job);
        }
      },
    },
    dependencies,
  );
}
