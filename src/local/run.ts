/**
 * `run()`: a job on this machine from its file to its committed output. It sees to it that whatever
 * happens nothing half-done stays behind; `run-steps.ts` does what is between.
 */

import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { messageOf, SheafError } from "../base/error.ts";
import { jobId } from "../base/ids.ts";
import { findInputFiles } from "../job/input/find-input-files.ts";
import type { InputFile } from "../job/input/input.ts";
import type { JobEvent, JobResult } from "../job/report.ts";
import { OutputCommitter } from "../task/output-committer.ts";
import { throwIfCancelled, unlessCancelled } from "./cancellation.ts";
import type { Executor } from "./executor.ts";
import { heapMiBFor } from "./heap.ts";
import { type ResolvedOptions, type RunOptions, resolveOptions } from "./options.ts";
import { compressionOf, readySteps } from "./ready-steps.ts";
import { type JobSource, resolveJob } from "./resolve-job.ts";
import { runSteps } from "./run-steps.ts";
import { SequentialExecutor } from "./sequential-executor.ts";
import { SlotPool } from "./slot-pool.ts";
import { ThreadExecutor } from "./thread-executor.ts";
import { makeWorkDirectory, removeQuietly } from "./work-directory.ts";

/** Input that will keep all slots busy for longer than it takes to start them. */
const ALL_SLOTS_BYTES = 16 * 1024 * 1024;

/** See `run-lazily.ts`, which is its public face. */
export async function run(job: JobSource, options: RunOptions): Promise<JobResult> {
  const onEvent = options.onEvent ?? (() => undefined);
  let result: JobResult;
  try {
    result = await runResolved(job, options, resolveOptions(options), onEvent);
  } catch (error) {
    const code = error instanceof SheafError ? error.code : "BUG";
    onEvent({ type: "job-ended", ok: false, error: { code, message: messageOf(error) } });
    throw error;
  }
  onEvent({ type: "job-ended", ok: true, result });
  return result;
}

async function runResolved(
  source: JobSource,
  options: RunOptions,
  resolved: ResolvedOptions,
  onEvent: (event: JobEvent) => void,
): Promise<JobResult> {
  const startMs = performance.now();
  const workParent = resolve(resolved.cwd, options.workDirectory ?? tmpdir());
  const { slots, memoryBytes, taskTimeoutMs, cwd } = resolved;
  const { inline = false, overwrite = false, signal } = options;
  const pool = new SlotPool(slots, { taskTimeoutMs, heapMiB: heapMiBFor(slots, memoryBytes) });
  const cleanups: (() => void)[] = [];
  // The process may be told to exit at any moment after the first file is made.
  const cleanUp = (): void => {
    for (const remove of cleanups.splice(0).reverse()) remove();
  };
  try {
    throwIfCancelled(signal);
    // A thread takes as long to start as a job to bundle: both at once.
    if (!inline) pool.prepare(1);
    const listing = findInputFiles(options.inputs, cwd).then((files) => {
      if (!inline && sizeOf(files) >= ALL_SLOTS_BYTES) pool.prepare(slots);
      return files;
    });
    const planning = Promise.all([resolveJob(source, cwd), listing]);
    const [loaded, files] = await unlessCancelled(planning, signal);
    const { bundle } = loaded;
    for (const message of bundle.warnings) onEvent({ type: "warning", message });
    const steps = await unlessCancelled(readySteps(loaded, resolved.params), signal);
    const committer = new OutputCommitter({
      output: resolve(cwd, options.output),
      overwrite,
      jobId: jobId(randomUUID().slice(0, 8)),
      compression: compressionOf(bundle, steps.at(-1)!),
      cwd,
    });
    committer.check(files.map((file) => file.path));
    throwIfCancelled(signal);
    process.once("exit", cleanUp);
    cleanups.push(() => committer.abort());
    committer.prepare();
    const workDirectory = makeWorkDirectory(workParent);
    cleanups.push(() => removeQuietly(workDirectory));
    pool.load(bundle, resolved.params);
    const executor: Executor = inline
      ? new SequentialExecutor({ bundle, signal })
      : new ThreadExecutor({ ...resolved, pool, workDirectory, signal, onEvent });
    const run = {
      bundle,
      steps,
      files,
      options: resolved,
      executor,
      committer,
      workDirectory,
      signal,
      onEvent,
    };
    return await runSteps({ ...run, startMs });
  } finally {
    await pool.close();
    cleanUp();
    process.off("exit", cleanUp);
  }
}

function sizeOf(files: readonly InputFile[]): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}
