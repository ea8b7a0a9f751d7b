/**
 * A job on the slots that it is given, from its file to its committed output. It sees to it that
 * whatever happens no file stays behind; `run-steps.ts` does what is between.
 */

import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { jobId } from "../base/ids.ts";
import { findInputFiles } from "../job/input/find-input-files.ts";
import type { InputFile } from "../job/input/input.ts";
import type { JobEvent, JobResult } from "../job/report.ts";
import { OutputCommitter, partName } from "../task/output-committer.ts";
import { refuseOutputInInput } from "../task/output-in-input.ts";
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
import { makeWorkDirectory, removeQuietly } from "./work-directory.ts";

/** Input that will keep all slots busy for longer than it takes to start them. */
const ALL_SLOTS_BYTES = 16 * 1024 * 1024;

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
  const cleanups: (() => void)[] = [];
  // The process may be told to exit at any moment after the first file is made.
  const cleanUp = (): void => {
    for (const remove of cleanups.splice(0).reverse()) remove();
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
    const committer = new OutputCommitter({
      output: resolve(cwd, options.output),
      overwrite,
      jobId: jobId(randomUUID().slice(0, 8)),
      compression,
      cwd,
    });
    committer.check(files.map((file) => file.path));
    await refuseOutputInInput({
      output: options.output,
      partName: partName(0, compression),
      patterns: options.inputs,
      cwd,
    });
    throwIfCancelled(signal);
    process.once("exit", cleanUp);
    cleanups.push(() => committer.abort());
    committer.prepare();
    const workDirectory = makeWorkDirectory(workParent);
    cleanups.push(() => removeQuietly(workDirectory));
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
      workDirectory,
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
    cleanUp();
    process.off("exit", cleanUp);
  }
}

function anyOf(signal: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? signal : AbortSignal.any([signal, other]);
}

function sizeOf(files: readonly InputFile[]): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}
