/**
 * Pipelines: jobs in a row, each reading the typed output of the one before without text between.
 * A pipeline is a list of steps by the time it runs; a single job is a pipeline of one.
 */

import { SheafError } from "../base/error.ts";
import { show } from "../base/show.ts";
import { inheritFile, rememberFile } from "./defined-in.ts";
import type { InputFormat } from "./input/input.ts";
import type { AnyJob, Job } from "./job.ts";

/** One job of a pipeline, and how often it runs. */
export interface PipelineStep {
  readonly job: AnyJob;
  /** How often it runs at the most; a function of the params where they decide. */
  readonly times: number | ((params: unknown) => number);
  /** Asked after each run; true ends the repetition. */
  readonly until: ((progress: StepProgress<unknown>) => boolean) | undefined;
}

/** What `until` decides by; P are the params of the step. */
export interface StepProgress<P> {
  /** How often the step has run, from 1. */
  readonly iteration: number;
  /** The params, as the schema of the step's job has made them. */
  readonly params: P;
  /** The user counters of the run that has just ended. */
  readonly counters: Readonly<Record<string, number>>;
}

/** How `repeat` repeats a step; P are the params of that step. */
export interface RepeatOptions<P> {
  /** Runs at the most: a positive integer, or a function of the params. */
  readonly times: number | ((params: P) => number);
  /** Ends the repetition early when it says true. */
  readonly until?: (progress: StepProgress<P>) => boolean;
}

/**
 * Jobs in a row: what `pipeline` returns. K1, V1 go into the first, K, V come out of the last, and
 * P are the params of all of them: a run gives all of its params to each step that has a schema.
 */
export interface Pipeline<K1, V1, K, V, P> {
  readonly kind: "pipeline";
  /** For the engine. @internal */
  readonly steps: readonly PipelineStep[];
  /** Adds a job that reads the output of the last one: its input is `outputOf(theLastOne)`. */
  step<K2, V3, P2>(job: Job<K, V, K2, V3, P2>): Pipeline<K1, V1, K2, V3, P & P2>;
  /** Adds a job that runs several times, each time on its own output. */
  repeat<P2>(
    job: Job<K, V, K, V, P2>,
    options: RepeatOptions<NoInfer<P2>>,
  ): Pipeline<K1, V1, K, V, P & P2>;
  /** Never set: carries the types. @internal */
  readonly types?: { readonly input: [K1, V1]; readonly output: [K, V]; readonly params: P };
}

/**
 * Starts a pipeline with its first job, which reads the files that the run is given. Each further
 * step reads what the one before has put out, as records with their types: no text is made between.
 * The output format of the last step writes the parts.
 *
 * @throws SheafError `JOB_INVALID` for what is no job, also in `.step` and `.repeat`.
 * @example
 * ```ts
 * import { defineJob, int, outputOf, pipeline, string, sum, text } from "sheaf";
 *
 * const lines = defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map: (_position, line, emit) => emit(line, 1),
 *   reduce: sum,
 * });
 *
 * // Each run of it halves the counts.
 * const halve = defineJob({
 *   input: outputOf(lines),
 *   intermediate: { key: string(), value: int() },
 *   map(line, count, emit, context) {
 *     emit(line, Math.floor(count / 2));
 *     if (count > 1) context.count("not yet zero");
 *   },
 *   reduce: sum,
 * });
 *
 * export default pipeline(lines).repeat(halve, {
 *   times: 10,
 *   until: ({ counters }) => counters["not yet zero"] === undefined,
 * });
 * ```
 */
export function pipeline<K1, V1, K, V, P>(first: Job<K1, V1, K, V, P>): Pipeline<K1, V1, K, V, P> {
  checkJob("pipeline()", first);
  const started = extend<K1, V1, K, V, P>([{ job: first as AnyJob, times: 1, until: undefined }]);
  return rememberFile(started, pipeline);
}

function extend<K1, V1, K, V, P>(steps: readonly PipelineStep[]): Pipeline<K1, V1, K, V, P> {
  return Object.freeze({
    kind: "pipeline" as const,
    steps: Object.freeze(steps),
    step<K2, V3, P2>(job: Job<K, V, K2, V3, P2>): Pipeline<K1, V1, K2, V3, P & P2> {
      checkJob(".step()", job);
      const step = { job: job as AnyJob, times: 1, until: undefined };
      return inheritFile(this, extend<K1, V1, K2, V3, P & P2>([...steps, step]));
    },
    repeat<P2>(
      job: Job<K, V, K, V, P2>,
      options: RepeatOptions<NoInfer<P2>>,
    ): Pipeline<K1, V1, K, V, P & P2> {
      checkJob(".repeat()", job);
      if (typeof options !== "object" || options === null) {
        const example = ".repeat(job, { times: 10 })";
        throw invalid(`.repeat() takes how often the job runs: ${example}.`);
      }
      const { times, until } = options as Pick<PipelineStep, "times" | "until">;
      const step = { job: job as AnyJob, times, until };
      return inheritFile(this, extend<K1, V1, K, V, P & P2>([...steps, step]));
    },
  });
}

/**
 * The input of a step: the records that `job` puts out, with their types. The job that has it can
 * run only as a step of a pipeline, after `job`.
 *
 * @example
 * ```ts
 * import { defineJob, int, outputOf, pipeline, string, sum, text } from "sheaf";
 *
 * const words = defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, line, emit) {
 *     for (const word of line.split(" ")) emit(word, 1);
 *   },
 *   reduce: sum,
 * });
 *
 * // How many words occur once, twice, and so on.
 * const frequencies = defineJob({
 *   input: outputOf(words),
 *   intermediate: { key: int(), value: int() },
 *   map: (_word, count, emit) => emit(count, 1),
 *   reduce: sum,
 * });
 *
 * export default pipeline(words).step(frequencies);
 * ```
 */
export function outputOf<K, V>(job: Job<unknown, unknown, K, V, unknown>): InputFormat<K, V> {
  checkJob("outputOf()", job);
  const { key, result } = job.definition;
  return {
    name: "outputOf(...)",
    splittable: false,
    step: { key, value: result },
    open() {
      throw invalid(
        "This job reads the output of another one. Export pipeline(theOther).step(thisOne) instead.",
      );
    },
  };
}

/** What the compiler would have said, for modules that it did not see. */
function checkJob(call: string, value: unknown): void {
  const { kind } = (value ?? {}) as { kind?: unknown };
  if (kind === "job") return;
  const given = kind === "pipeline" ? "a pipeline" : show(value);
  throw invalid(`${call} takes a job, which is what defineJob() returns, not ${given}.`);
}

function invalid(message: string): SheafError {
  return new SheafError("JOB_INVALID", message);
}
