/**
 * The contract of the WorkerService: the conversation between workers and their leader.
 */

import { contract } from "../contract.ts";
import { WorkerServiceDefinition } from "../generated/sheaf/v1/worker.ts";
import { bundleChunkForm, getBundleForm } from "../wire/bundle.ts";
import { fromMasterForm } from "../wire/from-master.ts";
import { fromWorkerForm } from "../wire/from-worker.ts";

export const workerService = contract(WorkerServiceDefinition, ["worker"], {
  session: {
    request: fromWorkerForm,
    answer: fromMasterForm,
    // Whether a worker lives is for its pings to say.
    requestTimeoutMs: Number.POSITIVE_INFINITY,
  },
  getBundle: {
    // A master that begins to lead may not have all bundles itself.
    callers: ["worker", "master"],
    request: getBundleForm,
    answer: bundleChunkForm,
    answersPendingMax: 4,
  },
});
