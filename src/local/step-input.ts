/**
 * What a step reads: the files that the run was given, or the runs of the step before.
 */

import type { InputFile, Split } from "../job/input/input.ts";
import type { PipelineStep } from "../job/pipeline.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import type { SampleWindow } from "../task/task-spec.ts";
import { splitsOfFiles } from "./file-splits.ts";
import type { ResolvedOptions } from "./options.ts";
import type { ReadyStep } from "./ready-steps.ts";
import { fileWindows, stepWindows } from "./sample-windows.ts";

/** Splits in input order, and pieces for a sample of them. */
export interface StepInput {
  readonly splits: readonly Split[];
  readonly windows: readonly SampleWindow[];
  readonly sizeBytes: number;
}

/** The input of the first step. */
export function inputOfFiles(
  ready: ReadyStep,
  files: readonly InputFile[],
  options: ResolvedOptions,
): StepInput {
  const splits = splitsOfFiles(ready, files, options);
  const windows = usesRange(ready.step) ? fileWindows(files, ready.format.splittable) : [];
  return { splits, windows, sizeBytes: sizeOf(splits) };
}

/** The input of a later step: a split for each run that holds anything. */
export function inputOfRuns({ step }: ReadyStep, runs: readonly RunRegion[]): StepInput {
  const splits: Split[] = [];
  let records = 0;
  for (const [index, run] of runs.entries()) {
    const sizeBytes = run.lengthBytes;
    if (sizeBytes === 0) continue;
    const file: InputFile = {
      path: run.path,
      name: `partition ${index} of the step before`,
      index,
      sizeBytes,
      modifiedMs: 0,
      compression: "none",
    };
    const segment = { file, start: run.offset, end: run.offset + sizeBytes, run };
    splits.push({ index: splits.length, segments: [segment], sizeBytes });
    records += run.records;
  }
  const windows = usesRange(step) ? stepWindows(splits, records) : [];
  return { splits, windows, sizeBytes: sizeOf(splits) };
}

function usesRange(step: PipelineStep): boolean {
  const { partition } = step.job.definition;
  return typeof partition !== "function" && partition.kind === "range";
}

function sizeOf(splits: readonly Split[]): number {
  return splits.reduce((sum, split) => sum + split.sizeBytes, 0);
}
