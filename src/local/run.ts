/**
 * `run()`: a job on this machine from its file to its committed output. It plans the steps, hands
 * them to an executor, and sees to it that whatever happens nothing half-done stays behind.
 */

import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { SheafError } from "../base/error.ts";
import { jobId } from "../base/ids.ts";
import { SPLIT_BYTES_DEFAULT } from "../base/limits.ts";
import type { LoadedJob } from "../bundle/load-bundle.ts";
import { type Counters, sumCounters } from "../job/counters.ts";
import { findInputFiles } from "../job/input/find-input-files.ts";
import type { InputFile, Split } from "../job/input/input.ts";
import { planSplits } from "../job/input/plan-splits.ts";
import { validateParams } from "../job/params.ts";
import type { PipelineStep } from "../job/pipeline.ts";
import type { JobEvent, JobResult, Part, StepLabel } from "../job/report.ts";
import { buildManifest } from "../task/manifest.ts";
import { makeFolder } from "../task/make-folder.ts";
import { OutputCommitter } from "../task/output-committer.ts";
import { AttemptFiles } from "./attempt-files.ts";
import type { Executor, StepPlan } from "./executor.ts";
import { type ResolvedOptions, resolveOptions, type RunOptions } from "./options.ts";
import { type JobSource, resolveJob } from "./resolve-job.ts";
import { fileWindows, stepWindows } from "./sample-windows.ts";
import { SequentialExecutor } from "./sequential-executor.ts";
import { SlotPool } from "./slot-pool.ts";
import { heapMiBFor } from "./heap.ts";
import { ThreadExecutor } from "./thread-executor.ts";
import { makeWorkDirectory, removeQuietly } from "./work-directory.ts";

/** Parts by default: one per so many bytes of input, up to so many. Never the number of slots. */
const PARTITIONS_DEFAULT_MAX = 32;

/** See `run-lazily.ts`, which is its public face. */
export async function run(job: JobSource, options: RunOptions): Promise<JobResult> {
  const onEvent = options.onEvent ?? (() => undefined);
  try {
    const result = await new Run(job, options, resolveOptions(options), onEvent).result();
    onEvent({ type: "job-ended", ok: true, result });
    return result;
  } catch (error) {
    const code = error instanceof SheafError ? error.code : "BUG";
    const message = error instanceof Error ? error.message : String(error);
    onEvent({ type: "job-ended", ok: false, error: { code, message } });
    throw error;
  }
}

/** One run under way. */
class Run {
  readonly #source: JobSource;
  readonly #options: RunOptions;
  readonly #resolved: ResolvedOptions;
  readonly #onEvent: (event: JobEvent) => void;
  readonly #startMs = performance.now();
  readonly #id = jobId(randomUUID().slice(0, 8));

  constructor(
    source: JobSource,
    options: RunOptions,
    resolved: ResolvedOptions,
    onEvent: (event: JobEvent) => void,
  ) {
    this.#source = source;
    this.#options = options;
    this.#resolved = resolved;
    this.#onEvent = onEvent;
  }

  async result(): Promise<JobResult> {
    const { slots, memoryBytes, taskTimeoutMs, cwd } = this.#resolved;
    const { overwrite = false, inline = false, inputs } = this.#options;
    const pool = new SlotPool(slots, { taskTimeoutMs, heapMiB: heapMiBFor(slots, memoryBytes) });
    const output = resolve(cwd, this.#options.output);
    const committer = new OutputCommitter({ output, overwrite, jobId: this.#id, inputs });
    // A thread takes as long to start as a job to bundle: both at once.
    if (!inline) pool.prepare(1);
    let workDirectory: string | undefined;
    const removeAll = (): void => {
      committer.abort();
      if (workDirectory !== undefined) removeQuietly(workDirectory);
    };
    try {
      this.#throwIfCancelled();
      const [loaded, files] = await Promise.all([
        resolveJob(this.#source, cwd),
        findInputFiles(inputs, cwd),
      ]);
      committer.check();
      await checkParams(loaded, this.#resolved);
      this.#throwIfCancelled();
      // From here on there is something to remove, even if the process is told to exit.
      process.once("exit", removeAll);
      committer.prepare();
      workDirectory = makeWorkDirectory(this.#options.workDirectory);
      pool.load(loaded.bundle, this.#resolved.params);
      const executor = this.#executor(inline, loaded, pool, workDirectory);
      return await this.#runSteps(loaded, files, executor, committer, workDirectory);
    } finally {
      await pool.close();
      removeAll();
      process.off("exit", removeAll);
    }
  }

  #executor(inline: boolean, loaded: LoadedJob, pool: SlotPool, workDirectory: string): Executor {
    const { memoryBytes, maxAttempts } = this.#resolved;
    const { signal } = this.#options;
    const onEvent = this.#onEvent;
    return inline
      ? new SequentialExecutor({ bundle: loaded.bundle, memoryBytes, signal, onEvent })
      : new ThreadExecutor({ pool, memoryBytes, maxAttempts, workDirectory, signal, onEvent });
  }

  async #runSteps(
    loaded: LoadedJob,
    files: readonly InputFile[],
    executor: Executor,
    committer: OutputCommitter,
    workDirectory: string,
  ): Promise<JobResult> {
    const inputBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const partitions = this.#resolved.partitions ?? defaultPartitions(inputBytes);
    this.#onEvent({
      type: "job-started",
      job: loaded.bundle.entryName,
      files: files.length,
      inputBytes,
      partitions,
      slots: this.#resolved.slots,
      steps: loaded.steps.length,
    });
    const attemptFiles = new AttemptFiles(committer);
    const steps: (StepLabel & { counters: Counters })[] = [];
    let skipped = 0;
    let previous: { parts: readonly Part[]; counters: Counters; directory: string } | undefined;
    let parts: readonly Part[] = [];
    for (const [index, step] of loaded.steps.entries()) {
      const params = await paramsOf(step, this.#resolved);
      const times = typeof step.times === "function" ? step.times(params) : step.times;
      checkTimes(times, index);
      for (let iteration = 1; iteration <= times; iteration++) {
        const label: StepLabel = { step: index, iteration };
        const work = previous === undefined ? this.#firstInput(step, params, files) : stepInput(previous.parts);
        const usesRange = isRange(step) && partitions > 1;
        // A repetition may end early, so its last run is known only when it is over: it is written
        // as a run, and the pipeline's last step turns what is left into parts.
        const last = index === loaded.steps.length - 1 && (iteration === times || times === 1);
        const directory = join(workDirectory, `out-${index}-${iteration}`);
        if (!last) makeFolder(directory);
        const plan: StepPlan = {
          label,
          step,
          params,
          splits: work.splits,
          windows: usesRange ? work.windows() : [],
          partitions,
          inputBytes: work.splits.reduce((sum, split) => sum + split.sizeBytes, 0),
          previous: previous?.counters.user ?? {},
          skipsLeft: this.#resolved.skipBadRecords - skipped,
          files: attemptFiles,
          output: last ? { kind: "part", committer } : { kind: "step", directory },
        };
        const outcome = await this.#runStep(executor, plan);
        skipped += outcome.skipped;
        steps.push({ ...label, counters: outcome.counters });
        if (previous !== undefined) removeQuietly(previous.directory);
        previous = { parts: outcome.parts, counters: outcome.counters, directory };
        parts = outcome.parts;
        if (!last && step.until?.({ iteration, counters: outcome.counters.user }) === true) break;
      }
    }
    return this.#commit(loaded, committer, parts, steps, skipped);
  }

  #firstInput(step: PipelineStep, params: unknown, files: readonly InputFile[]) {
    const { splittable } = step.job.definition.input(params);
    const { splitBytes, slots } = this.#resolved;
    const splits = planSplits(files, { splittable, splitBytes, slots });
    return { splits, windows: () => fileWindows(files, splittable) };
  }

  async #runStep(executor: Executor, plan: StepPlan) {
    const startMs = performance.now();
    this.#throwIfCancelled();
    this.#onEvent({
      type: "step-started",
      ...plan.label,
      mapTasks: plan.splits.length,
      reduceTasks: plan.partitions,
      inputBytes: plan.inputBytes,
    });
    const outcome = await executor.runStep(plan);
    const elapsedMs = performance.now() - startMs;
    this.#onEvent({ type: "step-ended", ...plan.label, counters: outcome.counters, elapsedMs });
    return outcome;
  }

  #commit(
    loaded: LoadedJob,
    committer: OutputCommitter,
    parts: readonly Part[],
    steps: readonly (StepLabel & { counters: Counters })[],
    skippedRecords: number,
  ): JobResult {
    // The last moment to cancel: what follows is one rename.
    this.#throwIfCancelled();
    const counters = sumCounters(steps.map((step) => step.counters));
    const job = loaded.bundle.entryName;
    committer.commitJob(buildManifest({ job, parts, counters, skippedRecords }));
    const elapsedMs = performance.now() - this.#startMs;
    return { output: committer.output, parts, counters, steps, skippedRecords, elapsedMs };
  }

  #throwIfCancelled(): void {
    if (this.#options.signal?.aborted === true) {
      throw new SheafError("CANCELLED", "The run was cancelled; nothing was written.");
    }
  }
}

/** The runs of the step before as splits, one each; empty ones are left out. */
function stepInput(parts: readonly Part[]) {
  const splits: Split[] = [];
  let records = 0;
  for (const [index, part] of parts.entries()) {
    if (part.bytes === 0) continue;
    const name = `partition ${index} of the step before`;
    const file: InputFile = {
      path: part.name,
      name,
      index,
      sizeBytes: part.bytes,
      modifiedMs: 0,
      compression: "none",
    };
    splits.push({
      index: splits.length,
      segments: [{ file, start: 0, end: part.bytes, records: part.records }],
      sizeBytes: part.bytes,
    });
    records += part.records;
  }
  return { splits, windows: () => stepWindows(splits, records) };
}

function isRange(step: PipelineStep): boolean {
  const { partition } = step.job.definition;
  return typeof partition !== "function" && partition.kind === "range";
}

/** Depends on the input alone, so that the same input has the same parts on any machine. */
function defaultPartitions(inputBytes: number): number {
  return Math.min(PARTITIONS_DEFAULT_MAX, Math.max(1, Math.ceil(inputBytes / SPLIT_BYTES_DEFAULT)));
}

function checkTimes(times: number, step: number): void {
  if (Number.isSafeInteger(times) && times >= 1) return;
  throw new SheafError(
    "USAGE",
    `Step ${step + 1} of the pipeline is to run ${times} times; it must be a whole number, 1 or more.`,
  );
}

/** Params are checked before anything runs; in a pipeline each step takes what its schema says. */
async function checkParams(loaded: LoadedJob, options: ResolvedOptions): Promise<void> {
  const schemas = loaded.steps.map((step) => step.job.definition.params);
  if (schemas.every((schema) => schema === undefined)) await validateParams(undefined, options.params);
  for (const schema of schemas) {
    if (schema !== undefined) await validateParams(schema, options.params);
  }
}

async function paramsOf(step: PipelineStep, options: ResolvedOptions): Promise<unknown> {
  const schema = step.job.definition.params;
  return validateParams(schema, schema === undefined ? {} : options.params);
}
