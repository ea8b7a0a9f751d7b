/**
 * Runs a step with the sequential executor, in this thread: `--inline`. Breakpoints in the job's own
 * .ts hold, and `console.log` goes where the debugger shows it.
 */

import { setImmediate } from "node:timers/promises";
import { SheafError } from "../base/error.ts";
import { show } from "../base/show.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import { describeUserError } from "../bundle/user-error.ts";
import { sumCounters } from "../job/counters.ts";
import type { RecordReader, Split } from "../job/input/input.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import { RunReader } from "../shuffle/run-reader.ts";
import { isPromise } from "../task/is-promise.ts";
import { openReader } from "../task/open-reader.ts";
import { deliver } from "../task/part-upload.ts";
import { ProgressCells } from "../task/progress.ts";
import { isRecordsFault, originOf } from "../task/record-failure.ts";
import { openSink, type ReduceSink } from "../task/reduce-sink.ts";
import { runSampleAttempt } from "../task/sample-attempt.ts";
import { stepRunPath } from "../task/step-runs.ts";
import { cancelled } from "./cancellation.ts";
import type { Executor, StepOutcome, StepPlan } from "./executor.ts";
import { interruptible } from "./interruptible.ts";
import { runSequentially, type SequentialPlace, type Turn } from "./sequential.ts";
import { describeFailure, describeRecord } from "./verdict.ts";

/** How long the event loop waits for its turn. */
const TURN_MS = 50;

/** What the executor works with. */
export interface SequentialExecutorOptions {
  readonly bundle: JobBundle;
  readonly signal: AbortSignal | undefined;
}

/** See the head of this file. */
export class SequentialExecutor implements Executor {
  readonly #options: SequentialExecutorOptions;

  constructor(options: SequentialExecutorOptions) {
    this.#options = options;
  }

  async runStep(plan: StepPlan): Promise<StepOutcome> {
    const job = plan.step.job.definition;
    const sinks = this.#openSinks(plan);
    let split: Split | undefined;
    let place: SequentialPlace | undefined;
    const readers = function* (): Generator<RecordReader<unknown, unknown>> {
      for (split of plan.splits) yield openReader(job.input(plan.params), split);
    };
    try {
      if (plan.runs !== undefined) return await this.#writeRuns(plan, sinks, plan.runs);
      const counters = await runSequentially({
        job,
        params: plan.params,
        previous: plan.previous,
        partitions: plan.partitions,
        boundaries: await this.#sample(plan),
        readers: readers(),
        turn: turnTaker(),
        at: (now) => {
          place = now;
          this.#options.signal?.throwIfAborted();
        },
        put: (partition, key, value) => {
          sinks[partition]!.write(key, 0, key.length, value, 0, value.length);
        },
      });
      return { runs: await finishAll(plan, sinks), counters, skipped: plan.skipped };
    } catch (error) {
      for (const sink of sinks) sink.discard();
      if (this.#options.signal?.aborted === true) {
        throw cancelled();
      }
      throw this.#describe(error, split, place);
    }
  }

  async close(): Promise<void> {}

  async #writeRuns(
    plan: StepPlan,
    sinks: readonly ReduceSink[],
    runs: readonly RunRegion[],
  ): Promise<StepOutcome> {
    for (const [index, region] of runs.entries()) {
      if (region.lengthBytes === 0) continue;
      const run = new RunReader(region.path, region);
      const sink = sinks[index]!;
      while (run.next()) {
        sink.write(
          run.keyBytes,
          run.keyStart,
          run.keyEnd,
          run.valueBytes,
          run.valueStart,
          run.valueEnd,
        );
      }
      run.close();
    }
    const written = await finishAll(plan, sinks);
    return { runs: written, counters: sumCounters([]), skipped: plan.skipped };
  }

  #openSinks(plan: StepPlan): ReduceSink[] {
    const { output, step, params } = plan;
    return Array.from({ length: plan.partitions }, (_, task) =>
      openSink(
        { output: output.kind, outputPath: pathOf(plan, task) },
        step.job.definition,
        params,
      ),
    );
  }

  async #sample(plan: StepPlan): Promise<Uint8Array[] | undefined> {
    const { windows, partitions, previous } = plan;
    if (windows.length === 0 || partitions === 1) return undefined;
    const spec = { windows, partitions, previous, skip: [] };
    const job = plan.step.job.definition;
    return runSampleAttempt(spec, { job, params: plan.params, progress: new ProgressCells() });
  }

  #describe(
    thrown: unknown,
    split: Split | undefined,
    place: SequentialPlace | undefined,
  ): unknown {
    if (!isRecordsFault(thrown) || place === undefined) return thrown;
    const { message, stack, codeFrame } = describeUserError(thrown, this.#options.bundle);
    const failure = {
      kind: "failed",
      code: "USER_CODE",
      message,
      stack,
      codeFrame,
      record: undefined,
      logTail: "",
    } as const;
    const record =
      place.phase === "map"
        ? originOf(place.reader, split!, 0)
        : { ordinal: 0, file: "", offset: 0, excerpt: `key ${show(place.key)}` };
    const code = thrown instanceof SheafError ? thrown.code : "USER_CODE";
    return new SheafError(
      code,
      `The job's ${place.phase} failed:\n\n${describeFailure(failure)}\n\n${describeRecord(record)}`,
      { cause: thrown },
    );
  }
}

function pathOf({ output }: StepPlan, task: number): string {
  if (output.kind === "part") return output.committer.partPath(task, 0);
  return stepRunPath(output.place, task, 0);
}

async function finishAll(plan: StepPlan, sinks: readonly ReduceSink[]): Promise<RunRegion[]> {
  const { output } = plan;
  const runs: RunRegion[] = [];
  for (const [index, sink] of sinks.entries()) {
    const written = sink.finish();
    if (written.kind === "step") runs.push(written.run);
    if (output.kind === "step" || written.kind === "step") continue;
    const { committer } = output;
    const place = { outputPath: pathOf(plan, index), upload: committer.uploadTarget(index, 0) };
    committer.commitTask(index, 0, await deliver(written.part, place, () => undefined));
  }
  return runs;
}

/** Turns that are short, so that the event loop has its own between them, and that Ctrl-C can end. */
function turnTaker(): Turn {
  let endMs = 0;
  let isAsync = false;
  const isOver = (): boolean => performance.now() >= endMs;
  return async (calls) => {
    if (isOver()) {
      await setImmediate();
      endMs = performance.now() + TURN_MS;
    }
    // Each call of an async function is a turn, and to be interruptible costs more than most of them.
    const outcome = isAsync ? calls(isOver) : interruptible(() => calls(isOver));
    isAsync ||= isPromise(outcome);
    return outcome;
  };
}
