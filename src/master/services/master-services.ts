/**
 * The services of a master: what workers and clients ask, in terms of its leader.
 */

import { type Service, service } from "../../rpc/server/serve.ts";
import { clusterService } from "../../rpc/services/cluster-service.ts";
import { jobService } from "../../rpc/services/job-service.ts";
import { workerService } from "../../rpc/services/worker-service.ts";
import type { BundleFolder } from "../bundle-folder.ts";
import type { GroupBundles } from "../group/group-bundles.ts";
import { replaceMember } from "../group/replace-member.ts";
import type { Leader } from "../leader/leader.ts";
import { sendBundle, takeBundle } from "./bundle-transfer.ts";
import { type ReportedMaster, statusOf } from "./cluster-report.ts";
import { jobOf, reportOf, summaryOf } from "./job-report.ts";
import { readLogs, watchJob } from "./job-streams.ts";
import { converse } from "./worker-stream.ts";

/** What the services know of the master. */
export interface ServedMaster extends ReportedMaster {
  readonly bundles: BundleFolder;
  readonly groupBundles: GroupBundles;
}

/** For a majority to confirm that this master still leads. */
const CONFIRM_MS = 3000;

export function masterServices(master: ServedMaster): Service[] {
  const { reign, replica, bundles, groupBundles } = master;
  /** The leader, which nobody had followed by the time of the call: what it tells is not stale. */
  const confirmed = async (): Promise<Leader> => {
    reign.leading();
    await replica.read(CONFIRM_MS);
    return reign.leading();
  };
  return [
    service(workerService, {
      session: (requests) => converse(reign, requests),
      getBundle: (hash) => sendBundle(bundles, hash),
    }),
    service(jobService, {
      hasBundle: async (hash) => bundles.has(hash),
      putBundle: async (pieces) => {
        await takeBundle(bundles, pieces);
        return undefined;
      },
      submitJob: async (submission) => {
        const leader = reign.leading();
        await groupBundles.spread(submission.spec.bundle);
        return await leader.submit(submission);
      },
      watchJob: async function* (request, { signal }) {
        yield* watchJob(await confirmed(), request, signal);
      },
      listJobs: async ({ pageSize, pageToken }) => {
        const leader = await confirmed();
        const jobs = [...leader.state.jobs.values()].reverse();
        // A job that is forgotten meanwhile was among the last: then the list begins anew.
        const from = Math.max(
          0,
          jobs.findIndex(({ id }) => id === pageToken),
        );
        const page = jobs.slice(from, from + pageSize).map((job) => summaryOf(leader, job));
        return { jobs: page, nextPageToken: jobs[from + pageSize]?.id ?? "" };
      },
      getJob: async (job) => {
        const leader = await confirmed();
        return reportOf(leader, jobOf(leader, job));
      },
      cancelJob: async (job) => {
        const leader = await confirmed();
        jobOf(leader, job);
        await leader.cancel(job);
        return jobOf(leader, job).standing;
      },
      readLogs: async function* (request, { signal }) {
        yield* readLogs(await confirmed(), request, signal);
      },
    }),
    service(clusterService, {
      status: async () => {
        if (reign.leader !== undefined) await confirmed();
        return statusOf(master);
      },
      replace: async (replacement) => {
        reign.leading();
        await replaceMember(replica, replacement);
        return statusOf(master).members;
      },
    }),
  ];
}
