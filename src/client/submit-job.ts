/**
 * Submits a job: its bundle, if the masters do not have it, and then what is to be run. A submission
 * has an id of its own, so that however often it is sent, and to whichever leader, one job comes of it.
 */

import { randomBytes } from "node:crypto";
import { SheafError } from "../base/error.ts";
import type { JobId } from "../base/ids.ts";
import type { PackedBundle } from "../bundle/packed-bundle.ts";
import { throwIfCancelled } from "../local/cancellation.ts";
import { bundlePieces } from "../rpc/bundle-pieces.ts";
import type { Cluster } from "./cluster.ts";
import type { PreparedJob } from "./prepare-job.ts";

const SUBMISSION_BYTES = 16;
/** A leader that was elected in between need not have the bundle that the one before had. */
const SUBMISSIONS_MAX = 3;
/** For one master to take a bundle: to get an answer, and a megabyte a second at the least. */
const BUNDLE_MS = 15_000;
const BUNDLE_BYTES_PER_MS = 1024;

/**
 * Submits the job, and gives its id. Once the job itself has been sent, the signal counts no more:
 * then only the cluster can cancel it. Throws `CANCELLED`, `CLUSTER_UNREACHABLE`, and what the
 * leader refuses the job with.
 */
export async function submitJob(
  cluster: Cluster,
  { bundle, spec }: PreparedJob,
  signal?: AbortSignal,
): Promise<JobId> {
  const submission = randomBytes(SUBMISSION_BYTES).toString("hex");
  for (let submissions = 1; ; submissions++) {
    await provideBundle(cluster, bundle, signal);
    throwIfCancelled(signal);
    try {
      const { job } = await cluster.jobs((jobs, options) =>
        jobs.submitJob({ submission, spec }, options),
      );
      return job;
    } catch (thrown) {
      const isMissing = thrown instanceof SheafError && thrown.code === "NOT_FOUND";
      if (!isMissing || submissions === SUBMISSIONS_MAX) throw thrown;
    }
  }
}

async function provideBundle(
  cluster: Cluster,
  { bytes, hash }: PackedBundle,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (await cluster.jobs((jobs, options) => jobs.hasBundle(hash, options), { signal })) return;
  const tryMs = BUNDLE_MS + bytes.length / BUNDLE_BYTES_PER_MS;
  const answerMs = cluster.patience.answerMs + tryMs;
  await cluster.jobs((jobs, options) => jobs.putBundle(bundlePieces(bytes, hash), options), {
    signal,
    tryMs,
    answerMs,
  });
}
