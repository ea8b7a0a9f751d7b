/**
 * A job on the slots that it is given, from its file to its committed output. It sees to it that
 * whatever happens no file stays behind; `run-steps.ts` does what is between.
 */

import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { findInputFiles } from "../job/input/find-input-files.ts";
import type { InputFile } from "../job/input/input.ts";
import type { JobEvent, JobResult } from "../job/report.ts";
import { isS3Url } from "../s3/s3-url.ts";
import { openCommitter } from "../task/open-committer.ts";
import { refuseOutputInInput } from "../task/output-in-input.ts";
import { partName } from "../task/part-name.ts";
import { removeQuietly } from "../task/remove-quietly.ts";
import { FolderStepRuns } from "../task/step-runs.ts";
import { throwIfCancelled, unlessCancelled } from "./cancellation.ts";
import type { Executor } from "./executor.ts";
import type { ResolvedOptions, RunOptions } from "./options.ts";
import { compressionOf, readySteps } from "./ready-steps.ts";
import { type JobSource, resolveJob } from "./resolve-job.ts";
import { runSteps } from "./run-steps.ts";
import { SequentialExecutor } from "./sequential-executor.ts";
import type { SlotPool } from "./slot-pool.ts";
import { StrayErrors } from "./stray-errors.ts";
import { ThreadExecutor } from "./thread-executor.ts";
import { makeWorkDirectory } from "./work-directory.ts";

/** Input that will keep all slots busy for longer than it takes to start them. */
const ALL_SLOTS_BYTES = 16 * 1024 * 1024;
const JOB_ID_BYTES = 8;

/** What `run()` was asked for, and the slots to do it on. */
export interface RunRequest {
  readonly source: JobSource;
  readonly options: RunOptions;
  /** The same options, checked and completed. */
  readonly resolved: ResolvedOptions;
  /** Closed by whoever made it. */
  readonly pool: SlotPool;
  readonly onEvent: (event: JobEvent) => void;
  readonly startMs: number;
}

/** See the head of this file. */
export async function runJob(request: RunRequest): Promise<JobResult> {
  const { source, options, resolved, pool, onEvent, startMs } = request;
  const { slots, cwd } = resolved;
  const { inline = false, overwrite = false } = options;
  const strays = new StrayErrors();
  const signal = anyOf(strays.signal, options.signal);
  const workParent = resolve(cwd, options.workDirectory ?? tmpdir());
  const cleanups: (() => void | Promise<void>)[] = [];
  // The process may be told to exit at any moment after the first file is made; then all that takes
  // no waiting is done, and the next run with this output does the rest.
  const cleanUp = (): (void | Promise<void>)[] => {
    const removals = cleanups.splice(0).reverse();
    return removals.map((remove) => remove());
  };
  try {
    const listing = findInputFiles(options.inputs, cwd).then((files) => {
      if (!inline && sizeOf(files) >= ALL_SLOTS_BYTES) pool.prepare(slots);
      return files;
    });
    const planning = Promise.all([
      resolveJob(source, cwd, (bundle) => strays.watch(bundle)),
      listing,
    ]);
    const [loaded, files] = await unlessCancelled(planning, signal);
    const { bundle } = loaded;
    for (const message of bundle.warnings) onEvent({ type: "warning", message });
    const steps = await unlessCancelled(readySteps(loaded, resolved.params), signal);
    const compression = compressionOf(bundle, steps.at(-1)!);
    const committer = await openCommitter({
      output: isS3Url(options.output) ? options.output : resolve(cwd, options.output),
      overwrite,
      jobId: randomBytes(JOB_ID_BYTES).toString("hex"),
      compression,
      cwd,
    });
    const checking = Promise.resolve(committer.check(files.map((file) => file.path)));
    await unlessCancelled(checking, signal);
    await refuseOutputInInput({
      output: options.output,
      partName: partName(0, compression),
      patterns: options.inputs,
      cwd,
    });
    throwIfCancelled(signal);
    process.once("exit", cleanUp);
    const workDirectory = makeWorkDirectory(workParent);
    cleanups.push(() => removeQuietly(workDirectory));
    cleanups.push(() => committer.abort());
    await unlessCancelled(Promise.resolve(committer.prepare(workDirectory)), signal);
    pool.load(bundle, resolved.params);
    if (inline) strays.running();
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
      stepRuns: new FolderStepRuns(workDirectory),
      signal,
      onEvent,
    };
    return await runSteps({ ...run, startMs });
  } catch (error) {
    throw strays.error ?? error;
  } finally {
    strays.close();
    // Their threads must not write to what is removed.
    await pool.close();
    await Promise.all(cleanUp());
    process.off("exit", cleanUp);
  }
}

function anyOf(signal: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? signal : AbortSignal.any([signal, other]);
}

function sizeOf(files: readonly InputFile[]): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}
