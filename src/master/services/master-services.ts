/**
 * The services of a master: what workers and clients ask, in terms of its leader.
 */

import { SheafError } from "../../base/error.ts";
import { type Service, service } from "../../rpc/server/serve.ts";
import { clusterService } from "../../rpc/services/cluster-service.ts";
import { jobService } from "../../rpc/services/job-service.ts";
import { workerService } from "../../rpc/services/worker-service.ts";
import type { BundleFolder } from "../bundle-folder.ts";
import { sendBundle, takeBundle } from "./bundle-transfer.ts";
import { type LeadingMaster, statusOf } from "./cluster-report.ts";
import { jobOf, reportOf, summaryOf } from "./job-report.ts";
import { readLogs, watchJob } from "./job-streams.ts";
import { converse } from "./worker-stream.ts";

/** What the services know of the master. */
export interface ServedMaster extends LeadingMaster {
  readonly bundles: BundleFolder;
}

/** See the head of this file. */
export function masterServices(master: ServedMaster): Service[] {
  const { leader, bundles } = master;
  return [
    service(workerService, {
      session: (requests) => converse(leader, requests),
      getBundle: (hash) => sendBundle(bundles, hash),
    }),
    service(jobService, {
      hasBundle: async (hash) => bundles.has(hash),
      putBundle: async (pieces) => {
        await takeBundle(bundles, pieces);
        return undefined;
      },
      submitJob: async (submission) => {
        bundles.require(submission.spec.bundle);
        return await leader.submit(submission);
      },
      watchJob: (request, { signal }) => watchJob(leader, request, signal),
      listJobs: async ({ pageSize, pageToken }) => {
        const jobs = [...leader.state.jobs.values()].reverse();
        // A job that is forgotten meanwhile was among the last: then the list begins anew.
        const from = Math.max(
          0,
          jobs.findIndex(({ id }) => id === pageToken),
        );
        const page = jobs.slice(from, from + pageSize).map((job) => summaryOf(leader, job));
        return { jobs: page, nextPageToken: jobs[from + pageSize]?.id ?? "" };
      },
      getJob: async (job) => reportOf(leader, jobOf(leader, job)),
      cancelJob: async (job) => {
        jobOf(leader, job);
        await leader.cancel(job);
        return jobOf(leader, job).standing;
      },
      readLogs: (request, { signal }) => readLogs(leader, request, signal),
    }),
    service(clusterService, {
      status: async () => statusOf(master),
      replace: async () => {
        throw new SheafError(
          "USAGE",
          "This master is alone in its group: there is none to replace.",
        );
      },
    }),
  ];
}
