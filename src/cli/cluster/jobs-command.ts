/**
 * `sheaf jobs`: the jobs of a cluster, the youngest first.
 */

import type { Cluster } from "../../client/cluster.ts";
import { PAGE_JOBS_DEFAULT, PAGE_JOBS_MAX } from "../../rpc/limits.ts";
import type { JobSummary } from "../../rpc/wire/job.ts";
import type { Dependencies } from "../dependencies.ts";
import { type Cell, type Column, tableLines, writeLines } from "../display/table.ts";
import { EXIT_DONE } from "../exit-code.ts";
import { readCount } from "../flag-values.ts";
import { type ClusterFlags, openCluster } from "./cluster-flags.ts";
import { agoInWords, stateCell, tasksInWords, tookInWords } from "./job-words.ts";

/** The flags as commander hands them over. */
export interface JobsFlags extends ClusterFlags {
  readonly limit?: string;
}

const COLUMNS: readonly Column[] = [
  { title: "JOB" },
  { title: "NAME" },
  { title: "STATE" },
  { title: "MAP", align: "right" },
  { title: "REDUCE", align: "right" },
  { title: "RUNNING", align: "right" },
  { title: "PRIORITY", align: "right" },
  { title: "SUBMITTED", align: "right" },
  { title: "TOOK", align: "right" },
  { title: "OUTPUT" },
];

/** Runs the command and returns the exit code. Throws `USAGE` and what the cluster refuses. */
export async function jobsCommand(flags: JobsFlags, dependencies: Dependencies): Promise<number> {
  const limit = readCount("--limit", flags.limit, 1, Number.MAX_SAFE_INTEGER) ?? PAGE_JOBS_DEFAULT;
  const cluster = openCluster(flags, dependencies);
  const { stdout, stderr, env } = dependencies;
  try {
    const { jobs, hasMore } = await youngest(cluster, limit);
    if (flags.json === true) for (const job of jobs) stdout.write(`${JSON.stringify(job)}\n`);
    else if (jobs.length === 0) stderr.write("The cluster knows of no jobs.\n");
    else writeLines(stdout, env, tableLines(COLUMNS, rowsOf(jobs)));
    if (hasMore) stderr.write(`There are older ones: --limit N shows more than ${limit}.\n`);
    return EXIT_DONE;
  } finally {
    cluster.close();
  }
}

async function youngest(
  cluster: Cluster,
  limit: number,
): Promise<{ readonly jobs: readonly JobSummary[]; readonly hasMore: boolean }> {
  const jobs: JobSummary[] = [];
  let pageToken = "";
  do {
    const pageSize = Math.min(limit - jobs.length, PAGE_JOBS_MAX);
    const request = { pageSize, pageToken };
    const page = await cluster.jobs((calls, bounds) => calls.listJobs(request, bounds));
    jobs.push(...page.jobs);
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && jobs.length < limit);
  return { jobs, hasMore: pageToken !== "" };
}

function rowsOf(jobs: readonly JobSummary[]): Cell[][] {
  const nowMs = Date.now();
  return jobs.map((job) => [
    [job.job, "strong"],
    job.name,
    stateCell(job.state),
    tasksInWords(job.map),
    tasksInWords(job.reduce),
    job.runningAttempts === 0 ? "-" : String(job.runningAttempts),
    String(job.priority),
    agoInWords(job.submittedMs, nowMs),
    tookInWords(job, nowMs),
    job.output,
  ]);
}
