/**
 * The steps of a job, one after the other: each is planned from what the one before has put out, and
 * the last one's parts are committed.
 */

import { SheafError } from "../base/error.ts";
import { SPLIT_BYTES_DEFAULT } from "../base/limits.ts";
import { packageFacts } from "../base/package-facts.ts";
import { show } from "../base/show.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import { type Counters, countersOfRuns } from "../job/counters.ts";
import type { InputFile } from "../job/input/input.ts";
import { buildManifest } from "../job/manifest.ts";
import type { JobEvent, JobResult, StepLabel } from "../job/report.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import type { OutputCommitter } from "../task/output-committer.ts";
import type { StepRuns } from "../task/step-runs.ts";
import { AttemptFiles } from "./attempt-files.ts";
import { throwIfCancelled } from "./cancellation.ts";
import type { Executor, StepOutcome, StepPlan } from "./executor.ts";
import { NO_PLACES, placesOf } from "./input-places.ts";
import { callJobFunction } from "./job-function.ts";
import type { ResolvedOptions } from "./options.ts";
import type { ReadyStep } from "./ready-steps.ts";
import { inputOfFiles, inputOfRuns } from "./step-input.ts";

/** Parts by default: one per so many bytes of input, up to so many. Never the number of slots. */
const PARTITIONS_DEFAULT_MAX = 32;

/** A run that is ready to start. */
export interface ReadyRun {
  readonly bundle: JobBundle;
  readonly steps: readonly ReadyStep[];
  readonly files: readonly InputFile[];
  readonly options: ResolvedOptions;
  readonly executor: Executor;
  readonly committer: OutputCommitter;
  /** Where steps leave what the next one reads. */
  readonly stepRuns: StepRuns;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: (event: JobEvent) => void;
  readonly startMs: number;
  /** Names the run in its manifest, where somebody has to know it again. */
  readonly runId?: string;
}

/** Runs all steps and commits the output. */
export async function runSteps(run: ReadyRun): Promise<JobResult> {
  const { bundle, steps, files, options, onEvent } = run;
  const inputBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const partitions = options.partitions ?? defaultPartitions(inputBytes);
  onEvent({
    type: "job-started",
    job: bundle.entryName,
    files: files.length,
    inputBytes,
    partitions,
    slots: options.slots,
    steps: steps.length,
  });
  const runner = new StepRunner(run, partitions);
  for (const [index, step] of steps.entries()) await runner.runAll(step, index);
  return await runner.commit();
}

class StepRunner {
  readonly #run: ReadyRun;
  readonly #partitions: number;
  readonly #files: AttemptFiles;
  readonly #done: (StepLabel & { counters: Counters })[] = [];
  #skipped = 0;
  /** What the last run of a step left for the next one. */
  #left: { readonly runs: readonly RunRegion[]; readonly place: string } | undefined;

  constructor(run: ReadyRun, partitions: number) {
    this.#run = run;
    this.#partitions = partitions;
    this.#files = new AttemptFiles(run.committer, run.steps.length > 1);
  }

  /** Runs a step as often as it is to run. */
  async runAll(ready: ReadyStep, index: number): Promise<void> {
    const isLastStep = index === this.#run.steps.length - 1;
    for (let iteration = 1; iteration <= ready.times; iteration++) {
      const label = { step: index, iteration };
      const final = isLastStep && iteration === ready.times;
      const outcome = await this.#runOnce(label, ready, final, undefined);
      if (final || !this.#isEnough(ready, iteration, outcome.counters.user)) continue;
      // It ended before its time: what was to be read again becomes the output.
      const next = { ...label, iteration: iteration + 1 };
      if (isLastStep) await this.#runOnce(next, ready, true, outcome.runs);
      return;
    }
  }

  /** Asks the step's own `until`. */
  #isEnough({ step, params }: ReadyStep, iteration: number, counters: Counters["user"]): boolean {
    const { until } = step;
    if (until === undefined) return false;
    const { bundle } = this.#run;
    const answer = callJobFunction(bundle, "until", () => until({ iteration, params, counters }));
    if (typeof answer === "boolean") return answer;
    throw new SheafError(
      "JOB_INVALID",
      `The function "until" returned ${show(answer)}; it must return true or false, and cannot be ` +
        "async.",
    );
  }

  async #runOnce(
    label: StepLabel,
    ready: ReadyStep,
    final: boolean,
    runs: readonly RunRegion[] | undefined,
  ): Promise<StepOutcome> {
    const { bundle, files, options, committer, stepRuns } = this.#run;
    const before = this.#left;
    const input =
      before === undefined ? inputOfFiles(ready, files, options) : inputOfRuns(ready, before.runs);
    const place = final ? "" : stepRuns.open(label);
    const outcome = await this.#execute({
      label,
      step: ready.step,
      params: ready.params,
      splits: runs === undefined ? input.splits : [],
      windows: runs === undefined ? input.windows : [],
      partitions: this.#partitions,
      runs,
      places: () =>
        before === undefined ? placesOf(bundle, ready.format, input.splits) : NO_PLACES,
      inputBytes: input.sizeBytes,
      previous: this.#done.at(-1)?.counters.user ?? {},
      skippedMax: options.skipBadRecords,
      skipped: this.#skipped,
      files: this.#files,
      output: final ? { kind: "part", committer } : { kind: "step", place },
    });
    this.#skipped = outcome.skipped;
    // Runs that are only written out were counted when they were made.
    if (runs === undefined) this.#done.push({ ...label, counters: outcome.counters });
    // The input of this run has served; a long repetition must not pile it up.
    if (before !== undefined) await stepRuns.remove(before.place);
    this.#left = { runs: outcome.runs, place };
    return outcome;
  }

  async #execute(plan: StepPlan): Promise<StepOutcome> {
    const { executor, onEvent, signal } = this.#run;
    throwIfCancelled(signal);
    const startMs = performance.now();
    const { label, splits, partitions, inputBytes } = plan;
    onEvent({
      type: "step-started",
      ...label,
      mapTasks: splits.length,
      reduceTasks: partitions,
      inputBytes,
    });
    const outcome = await executor.runStep(plan);
    const elapsedMs = performance.now() - startMs;
    onEvent({ type: "step-ended", ...label, counters: outcome.counters, elapsedMs });
    return outcome;
  }

  /** Publishes the parts. The last moment to cancel is before it. */
  async commit(): Promise<JobResult> {
    const { bundle, committer, options, signal, startMs, runId } = this.#run;
    throwIfCancelled(signal);
    const counters = countersOfRuns(this.#done);
    const parts = committer.parts;
    const facts = {
      sheaf: packageFacts().version,
      job: bundle.entryName,
      ...(runId !== undefined && { run: runId }),
      finishedMs: Date.now(),
      parts,
      counters,
      steps: this.#done,
      skippedRecords: this.#skipped,
      params: options.params,
    };
    await committer.commitJob(buildManifest(facts));
    return {
      output: committer.output,
      parts,
      counters,
      steps: this.#done,
      skippedRecords: this.#skipped,
      elapsedMs: performance.now() - startMs,
    };
  }
}

/** Depends on the input alone, so that the same input has the same parts on any machine. */
function defaultPartitions(inputBytes: number): number {
  return Math.min(PARTITIONS_DEFAULT_MAX, Math.max(1, Math.ceil(inputBytes / SPLIT_BYTES_DEFAULT)));
}
