/**
 * From the steps of a loaded job to steps that can be planned: their params are checked, what their
 * functions of the params say is known, and each reads what the one before it puts out. Whatever is
 * wrong with these is found here, before anything runs.
 */

import { SheafError } from "../base/error.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import type { LoadedJob } from "../bundle/load-bundle.ts";
import type { InputFormat } from "../job/input/input.ts";
import type { ErasedDefinition } from "../job/job.ts";
import { type RawParams, validateParams } from "../job/params.ts";
import type { PipelineStep } from "../job/pipeline.ts";
import { callJobFunction } from "./job-function.ts";

/** See the head of this file. */
export interface ReadyStep {
  readonly step: PipelineStep;
  readonly params: unknown;
  readonly format: InputFormat<unknown, unknown>;
  /** How often it runs at the most. */
  readonly times: number;
}

/** Throws `USAGE` for wrong params, `JOB_INVALID` and `USER_CODE`. */
export async function readySteps(loaded: LoadedJob, raw: RawParams): Promise<ReadyStep[]> {
  const { bundle, steps } = loaded;
  if (steps.every(({ job }) => job.definition.params === undefined)) {
    await validateParams(undefined, raw);
  }
  const ready: ReadyStep[] = [];
  for (const [index, step] of steps.entries()) {
    const { definition } = step.job;
    // In a pipeline each step takes the params that its schema names; without one, none.
    const params = await validateParams(
      definition.params,
      definition.params === undefined ? {} : raw,
    );
    const format = callJobFunction(bundle, "input", () => definition.input(params));
    if (typeof format?.open !== "function") {
      throw invalid('The function "input" must return an input format such as text().');
    }
    const times = timesOf(bundle, step, params, index);
    checkSource(index, format, ready.at(-1)?.step.job.definition);
    if (times > 1) checkSource(index, format, definition);
    ready.push({ step, params, format, times });
  }
  return ready;
}

/** How the parts of the job's output are compressed. */
export function compressionOf(bundle: JobBundle, last: ReadyStep): "none" | "gzip" {
  const { output } = last.step.job.definition;
  const format = callJobFunction(bundle, "output", () => output(last.params));
  if (typeof format?.formatter === "function") return format.compression;
  throw invalid('The function "output" must return an output format such as textOutput().');
}

function timesOf(bundle: JobBundle, step: PipelineStep, params: unknown, index: number): number {
  const { times } = step;
  const count =
    typeof times === "function" ? callJobFunction(bundle, "times", () => times(params)) : times;
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw invalid(
    `Step ${index + 1} of the pipeline is to run ${String(count)} times; it must be a whole ` +
      "number, 1 or more.",
  );
}

/** The compiler sees to this, but not in a job that it did not check. */
function checkSource(
  index: number,
  { name, step: source }: InputFormat<unknown, unknown>,
  before: ErasedDefinition | undefined,
): void {
  if (before === undefined) {
    if (source === undefined) return;
    throw invalid(
      "This job reads the output of another one. Export pipeline(theOther).step(thisOne) instead.",
    );
  }
  const step = `Step ${index + 1} of the pipeline`;
  if (source === undefined) {
    throw invalid(`${step} reads ${name}; its input must be outputOf(...) of the step before it.`);
  }
  const read = `${source.key.name} and ${source.value.name}`;
  const written = `${before.key.name} and ${before.result.name}`;
  if (read === written) return;
  throw invalid(
    `${step} reads records of ${read}, but what it is given are records of ${written}. ` +
      "Its input must be outputOf(...) of the job that stands before it.",
  );
}

function invalid(message: string): SheafError {
  return new SheafError("JOB_INVALID", message);
}
