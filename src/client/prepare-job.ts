/**
 * A job on its way to a cluster: bundled and loaded here, so that what is wrong with its file or its
 * params is found before anything travels, and said as for a run on this machine.
 */

import { SheafError } from "../base/error.ts";
import { grouped } from "../base/numbers.ts";
import { sizeInWords } from "../base/size.ts";
import { type PackedBundle, packBundle } from "../bundle/packed-bundle.ts";
import { packParams } from "../job/packed-params.ts";
import { throwIfCancelled, unlessCancelled } from "../local/cancellation.ts";
import { type RunOptions, resolveOptions } from "../local/options.ts";
import { compressionOf, readySteps } from "../local/ready-steps.ts";
import { resolveJob } from "../local/resolve-job.ts";
import { StrayErrors } from "../local/stray-errors.ts";
import * as limits from "../rpc/limits.ts";
import type { JobSpec } from "../rpc/wire/job.ts";
import { absoluteInput, absoluteOutput } from "./cluster-paths.ts";

/** How a job is to run: as on this machine, but for what the workers' own flags say. */
export interface ClusterJobOptions
  extends Omit<RunOptions, "slots" | "inline" | "workDirectory" | "onEvent"> {
  readonly cwd: string;
  /** Variables that the job's code sees besides the few that nodes pass on. */
  readonly environment?: Readonly<Record<string, string>>;
  /** -100 to 100; 0 by default. */
  readonly priority?: number;
  /** Share of the maps that must be completed before the first reduce starts, 0 to 1. */
  readonly slowStart?: number;
}

/** A job that can be submitted. */
export interface PreparedJob {
  readonly bundle: PackedBundle;
  readonly spec: JobSpec;
  /** What may not work when it runs, a sentence each. */
  readonly warnings: readonly string[];
}

/** Throws `USAGE`, `JOB_INVALID`, `USER_CODE`, `CANCELLED` as `run()` does. */
export async function prepareJob(job: string, options: ClusterJobOptions): Promise<PreparedJob> {
  const resolved = resolveOptions(options);
  const { cwd, params } = resolved;
  const inputs = inputsOf(options.inputs, cwd);
  const environment = options.environment ?? {};
  const variables = Object.entries(environment).flat();
  refuseTooLarge("environment", bytesOf(variables), limits.ENVIRONMENT_BYTES_MAX);
  const strays = new StrayErrors();
  const { signal } = options;
  try {
    const either = signal === undefined ? strays.signal : AbortSignal.any([strays.signal, signal]);
    throwIfCancelled(either);
    const loaded = await unlessCancelled(
      resolveJob(job, cwd, (bundle) => strays.watch(bundle)),
      either,
    );
    const steps = await unlessCancelled(readySteps(loaded, params), either);
    compressionOf(loaded.bundle, steps.at(-1)!);
    const bundle = packBundle(loaded.bundle);
    refuseTooLarge("bundle", bundle.bytes.length, limits.BUNDLE_BYTES_MAX);
    const packedParams = packParams(params);
    refuseTooLarge("params", packedParams.length, limits.PARAMS_BYTES_MAX);
    const spec: JobSpec = {
      name: loaded.bundle.entryName,
      bundle: bundle.hash,
      inputs,
      output: absoluteOutput(options.output, cwd),
      overwrite: options.overwrite ?? false,
      params: packedParams,
      environment,
      partitions: options.partitions,
      splitBytes: options.splitBytes,
      memoryBytes: options.memoryBytes,
      skipBadRecords: options.skipBadRecords,
      taskTimeoutMs: options.taskTimeoutMs,
      attemptsMax: options.maxAttempts,
      priority: options.priority ?? 0,
      slowStart: options.slowStart,
    };
    return { bundle, spec, warnings: loaded.bundle.warnings };
  } catch (error) {
    throw strays.error ?? error;
  } finally {
    strays.close();
  }
}

/** Absolute, and no more of them than the masters keep. */
function inputsOf(names: readonly string[], cwd: string): string[] {
  const inputs = names.map((input) => absoluteInput(input, cwd));
  const [count, sizeBytes] = [inputs.length, bytesOf(inputs)];
  if (count <= limits.INPUTS_MAX && sizeBytes <= limits.INPUTS_BYTES_MAX) return inputs;
  const [much, most] =
    count > limits.INPUTS_MAX
      ? [`there are ${grouped(count)} of them`, `${grouped(limits.INPUTS_MAX)} are`]
      : [
          `their names take ${sizeInWords(sizeBytes)}`,
          `${sizeInWords(limits.INPUTS_BYTES_MAX)} is`,
        ];
  throw new SheafError(
    "USAGE",
    `Cannot send the job's inputs to a cluster: ${much}, and ${most} the most. Name a folder or a ` +
      "glob instead.",
  );
}

function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
}

function refuseTooLarge(what: string, sizeBytes: number, bytesMax: number): void {
  if (sizeBytes <= bytesMax) return;
  throw new SheafError(
    "JOB_INVALID",
    `Cannot send the job's ${what} to a cluster: it takes ${sizeInWords(sizeBytes)}, and the ` +
      `limit is ${sizeInWords(bytesMax)}. Read data from files instead.`,
  );
}
