/**
 * The services of a master: what workers and clients ask, in terms of its leader.
 */

import { type Service, service } from "../../rpc/server/serve.ts";
import { clusterService } from "../../rpc/services/cluster-service.ts";
import { jobService } from "../../rpc/services/job-service.ts";
import { workerService } from "../../rpc/services/worker-service.ts";
import { replaceMember } from "../group/replace-member.ts";
import { sendBundle, takeBundle } from "./bundle-transfer.ts";
import { type ReportedMaster, statusOf } from "./cluster-report.ts";
import { JobCalls } from "./job-calls.ts";
import { readLogs, watchJob } from "./job-streams.ts";
import { converse } from "./worker-stream.ts";

export function masterServices(master: ReportedMaster): Service[] {
  const { self, bundles, groupBundles } = master.group;
  const { reign, replica } = self;
  const calls = new JobCalls({ reign, replica, spread: (hash) => groupBundles.spread(hash) });
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
      submitJob: (submission) => calls.submit(submission),
      watchJob: async function* (request, { signal }) {
        yield* watchJob(await calls.confirmed(), request, signal);
      },
      listJobs: (page) => calls.list(page),
      getJob: (job) => calls.get(job),
      cancelJob: (job) => calls.cancel(job),
      readLogs: async function* (request, { signal }) {
        yield* readLogs(await calls.confirmed(), request, signal);
      },
    }),
    service(clusterService, {
      status: async () => {
        if (reign.leader !== undefined) await calls.confirmed();
        return statusOf(master);
      },
      replace: async (replacement) => {
        reign.leading();
        await replaceMember(self, replacement);
        return statusOf(master).members;
      },
    }),
  ];
}
