/**
 * Pipelines: jobs in a row, each reading the typed output of the one before without text between.
 * A pipeline is a list of steps by the time it runs; a single job is a pipeline of one.
 */

import { SheafError } from "../base/error.ts";
import { inheritFile, rememberFile } from "./defined-in.ts";
import type { AnyJob, Job } from "./job.ts";
import type { InputFormat } from "./input/input.ts";

/** One job of a pipeline, and how often it runs. */
export interface PipelineStep {
  readonly job: AnyJob;
  /** How often it runs at the most; a function of the params where they decide. */
  readonly times: number | ((params: unknown) => number);
  /** Asked after each run; true ends the repetition. */
  readonly until: ((progress: StepProgress) => boolean) | undefined;
}

/** What `until` decides by. */
export interface StepProgress {
  /** How often the step has run, from 1. */
  readonly iteration: number;
  /** The user counters of the run that has just ended. */
  readonly counters: Readonly<Record<string, number>>;
}

/** How `repeat` repeats. */
export interface RepeatOptions<P> {
  /** Runs at the most: a positive integer, or a function of the params. */
  readonly times: number | ((params: P) => number);
  /** Ends the repetition early when it says true. */
  readonly until?: (progress: StepProgress) => boolean;
}

/** Jobs in a row; K1, V1 go into the first, K, V come out of the last. */
export interface Pipeline<K1, V1, K, V, P> {
  readonly kind: "pipeline";
  readonly steps: readonly PipelineStep[];
  /** Adds a job that reads the output of the last one: its input is `outputOf(theLastOne)`. */
  step<K2, V3, P2>(job: Job<K, V, K2, V3, P2>): Pipeline<K1, V1, K2, V3, P & P2>;
  /** Adds a job that runs several times, each time on its own output. */
  repeat<P2>(
    job: Job<K, V, K, V, P2>,
    options: RepeatOptions<NoInfer<P2>>,
  ): Pipeline<K1, V1, K, V, P & P2>;
  /** Never set: carries the types. */
  readonly types?: { readonly input: [K1, V1]; readonly output: [K, V]; readonly params: P };
}

/**
 * Starts a pipeline with its first job, which reads the files that the run is given.
 *
 * @example
 * ```ts
 * export default pipeline(links).repeat(rank, { times: 20 }).step(ranking);
 * ```
 */
export function pipeline<K1, V1, K, V, P>(first: Job<K1, V1, K, V, P>): Pipeline<K1, V1, K, V, P> {
  const started = extend<K1, V1, K, V, P>([{ job: first as AnyJob, times: 1, until: undefined }]);
  return rememberFile(started, pipeline);
}

function extend<K1, V1, K, V, P>(steps: readonly PipelineStep[]): Pipeline<K1, V1, K, V, P> {
  return Object.freeze({
    kind: "pipeline" as const,
    steps: Object.freeze(steps),
    step<K2, V3, P2>(job: Job<K, V, K2, V3, P2>): Pipeline<K1, V1, K2, V3, P & P2> {
      const step = { job: job as AnyJob, times: 1, until: undefined };
      return inheritFile(this, extend<K1, V1, K2, V3, P & P2>([...steps, step]));
    },
    repeat<P2>(
      job: Job<K, V, K, V, P2>,
      options: RepeatOptions<NoInfer<P2>>,
    ): Pipeline<K1, V1, K, V, P & P2> {
      const times = options.times as PipelineStep["times"];
      const step = { job: job as AnyJob, times, until: options.until };
      return inheritFile(this, extend<K1, V1, K, V, P & P2>([...steps, step]));
    },
  });
}

/**
 * The input of a step: the records that `job` puts out, with their types.
 *
 * @example
 * ```ts
 * const perDocument = defineJob({ ... });
 * const perWord = defineJob({ input: outputOf(perDocument), ... });
 * export default pipeline(perDocument).step(perWord);
 * ```
 */
export function outputOf<K, V>(job: Job<unknown, unknown, K, V, unknown>): InputFormat<K, V> {
  const { key, result } = job.definition;
  return {
    name: "outputOf(...)",
    splittable: false,
    step: { key, value: result },
    open() {
      throw new SheafError(
        "JOB_INVALID",
        "This job reads the output of another one. Export pipeline(theOther).step(thisOne) instead.",
      );
    },
  };
}
