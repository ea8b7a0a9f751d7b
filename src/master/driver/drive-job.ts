/**
 * The driver of a job: what a run on one machine does around its tasks, done for a cluster. It loads
 * the job, lists its input, plans its steps one after the other, publishes what attempts have made,
 * and commits the output in the end. It remembers nothing that the log does not hold: when the leader
 * dies, the next one's driver begins anew, is given the outcomes of the steps that have ended, and
 * plans the one that runs as it was planned before.
 */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf, SheafError } from "../../base/error.ts";
import { SLOT_MEMORY_BYTES_DEFAULT } from "../../base/limits.ts";
import { loadBundle } from "../../bundle/load-bundle.ts";
import { unpackBundle } from "../../bundle/packed-bundle.ts";
import { findInputFiles } from "../../job/input/find-input-files.ts";
import type { Manifest } from "../../job/manifest.ts";
import { unpackParams } from "../../job/packed-params.ts";
import type { JobEnded, JobResult } from "../../job/report.ts";
import { throwIfCancelled, unlessCancelled } from "../../local/cancellation.ts";
import { type ResolvedOptions, resolveOptions } from "../../local/options.ts";
import { compressionOf, readySteps } from "../../local/ready-steps.ts";
import { runSteps } from "../../local/run-steps.ts";
import { makeWorkDirectory } from "../../local/work-directory.ts";
import { openCommitter } from "../../task/open-committer.ts";
import type { OutputCommitter } from "../../task/output-committer.ts";
import { refuseOutputInInput } from "../../task/output-in-input.ts";
import { partName } from "../../task/part-name.ts";
import { removeQuietly } from "../../task/remove-quietly.ts";
import type { DriverExecutor } from "./driver-executor.ts";
import type { DriverData, FromDriver } from "./driver-message.ts";

/** What a driver works with. */
export interface Driving {
  readonly data: DriverData;
  readonly executor: DriverExecutor;
  readonly tell: (message: FromDriver) => void;
  readonly signal: AbortSignal;
}

/** Drives the job to its end; the last event that it tells is `job-ended`. */
export async function driveJob(driving: Driving): Promise<void> {
  let ended: JobEnded;
  try {
    ended = { type: "job-ended", ok: true, result: await drive(driving) };
  } catch (error) {
    const code = error instanceof SheafError ? error.code : "BUG";
    ended = { type: "job-ended", ok: false, error: { code, message: messageOf(error) } };
  }
  driving.tell({ type: "event", event: ended });
}

async function drive(driving: Driving): Promise<JobResult> {
  const { data, executor, tell, signal } = driving;
  const { spec, isResumed, outputId } = data;
  const startMs = performance.now() - Math.max(0, Date.now() - data.submittedMs);
  const options = optionsOf(data);
  const { cwd } = options;
  const { bundle, steps, files } = await load(driving, options).catch(async (error: unknown) => {
    if (isResumed) await unlessFailing(() => abandon(data));
    throw error;
  });
  const compression = compressionOf(bundle, steps.at(-1)!);
  const committer = await committerOf(data, compression);
  const scratch = makeScratch();
  try {
    const published = isResumed ? await committer.published() : undefined;
    if (published !== undefined) return resultOf(published, committer.output, startMs);
    // What was checked when the job began holds, if there is anything left of it.
    if (!isResumed || !(await committer.resume(scratch))) {
      await unlessCancelled(
        Promise.resolve(committer.check(files.map((file) => file.path))),
        signal,
      );
      await refuseOutputInInput({
        output: spec.output,
        partName: partName(0, compression),
        patterns: spec.inputs,
        cwd,
      });
      throwIfCancelled(signal);
      await unlessCancelled(Promise.resolve(committer.prepare(scratch)), signal);
    }
    return await runSteps({
      bundle,
      steps,
      files,
      options,
      executor,
      committer,
      stepRuns: committer.stepRuns,
      signal,
      onEvent: (event) => tell({ type: "event", event }),
      startMs,
      runId: outputId,
    });
  } catch (error) {
    // The driver of a leader that was deposed may have published a moment before it ended.
    const published = isResumed ? await unlessFailing(() => committer.published()) : undefined;
    if (published === undefined) throw error;
    return resultOf(published, committer.output, startMs);
  } finally {
    await committer.abort();
    removeQuietly(scratch);
  }
}

/** The job, ready to run, and its input. */
async function load({ data, tell, signal }: Driving, { params, cwd }: ResolvedOptions) {
  throwIfCancelled(signal);
  const loading = Promise.all([
    loadBundle(unpackBundle(data.bundle)),
    findInputFiles(data.spec.inputs, cwd),
  ]);
  const [loaded, files] = await unlessCancelled(loading, signal);
  const { bundle } = loaded;
  for (const message of bundle.warnings)
    tell({ type: "event", event: { type: "warning", message } });
  const steps = await unlessCancelled(readySteps(loaded, params), signal);
  return { bundle, steps, files };
}

function committerOf(
  { spec, outputId }: DriverData,
  compression: "none" | "gzip",
): Promise<OutputCommitter> {
  const { output, overwrite } = spec;
  return openCommitter({ output, overwrite, jobId: outputId, compression, cwd: "/" });
}

function makeScratch(): string {
  return makeWorkDirectory(join(tmpdir(), "sheaf-master"));
}

/** Clears away what another leader's driver had prepared, where this one does not come to go on. */
async function abandon(data: DriverData): Promise<void> {
  const committer = await committerOf(data, "none");
  const scratch = makeScratch();
  try {
    await committer.resume(scratch);
  } finally {
    await committer.abort();
    removeQuietly(scratch);
  }
}

function optionsOf({ spec, slots }: DriverData): ResolvedOptions {
  const given = {
    partitions: spec.partitions,
    splitBytes: spec.splitBytes,
    skipBadRecords: spec.skipBadRecords,
    taskTimeoutMs: spec.taskTimeoutMs,
    maxAttempts: spec.attemptsMax,
  };
  return resolveOptions({
    inputs: spec.inputs,
    output: spec.output,
    params: unpackParams(spec.params),
    slots,
    memoryBytes: spec.memoryBytes ?? SLOT_MEMORY_BYTES_DEFAULT,
    cwd: "/",
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  });
}

/** What a leader has published that died before it could say so. */
function resultOf(manifest: Manifest, output: string, startMs: number): JobResult {
  const { parts, counters, steps, skippedRecords } = manifest;
  const elapsedMs = performance.now() - startMs;
  return { output, parts, counters, steps, skippedRecords, elapsedMs };
}

/** Undefined also where it cannot be told: then the failure before is what counts. */
async function unlessFailing<T>(call: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch {
    return undefined;
  }
}
