/**
 * What a step reads: the files that the run was given, or the runs of the step before.
 */

import { MERGE_FAN_IN_MAX, SPLIT_BYTES_DEFAULT } from "../base/limits.ts";
import type { InputFile, Split } from "../job/input/input.ts";
import { type PlanOptions, planSplits } from "../job/input/plan-splits.ts";
import type { PipelineStep } from "../job/pipeline.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import { foldsNumbers } from "../task/combine.ts";
import type { SampleWindow } from "../task/task-spec.ts";
import type { ResolvedOptions } from "./options.ts";
import type { ReadyStep } from "./ready-steps.ts";
import { fileWindows, stepWindows } from "./sample-windows.ts";

/**
 * A split of records that stay as large as its input is at most this share of a slot's memory, so that
 * it need not spill: a spilled record is written twice, which made 0.8 s of 3.8 s of CPU time when
 * 500 MB were sorted in 64 MB a slot.
 */
const SPLIT_MEMORY_SHARE = 1 / 2;

/**
 * Records that are not folded into numbers are sorted as they come, and a sort whose records fit the
 * caches is a faster one: 500 MB of lines took 10 % less CPU time in splits of 16 MB than of 64 MB.
 * But no more of such splits than can be merged at once, and not where few records are picked out of
 * much text: a task costs a millisecond, in which 3 MB are searched, and a search took 8 % less.
 */
const SORTED_SPLIT_BYTES_MIN = 16 * 1024 * 1024;

/**
 * What is folded into numbers costs by the split, not by the record: each has all of the frequent keys,
 * to be sorted, fetched and merged once more. To count 500 MB of words in 32 splits and 32 parts
 * took 10.7 s of CPU time, in 8 and 8 it took 7.5 s; and 50 or 120 MB were counted 6 to 15 % sooner in a
 * split for each of two or eight slots than in two for each, and no later where there were few words.
 */
const FOLDED_SPLITS_PER_SLOT = 1;
/** But files that do not fill splits evenly are cut into more, where that ends so much sooner. */
const UNEVEN_FOLDED_SPLITS_PER_SLOT = 2;
const SOONER = 0.9;
/** With more turns than that for each slot, none is idle for long. */
const TURNS_MAX = 4;

/** Splits in input order, and pieces for a sample of them. */
export interface StepInput {
  readonly splits: readonly Split[];
  readonly windows: readonly SampleWindow[];
  readonly sizeBytes: number;
}

/** The input of the first step. */
export function inputOfFiles(
  { step, format }: ReadyStep,
  files: readonly InputFile[],
  options: ResolvedOptions,
): StepInput {
  const { splittable } = format;
  const { splitBytes, slots, memoryBytes } = options;
  const usualBytes = usualSplitBytes(step, format, files, memoryBytes);
  const plan: PlanOptions = { splittable, splitBytes, usualBytes, slots };
  const splits = isFolded(step) ? planFolded(files, plan) : planSplits(files, plan);
  const windows = usesRange(step) ? fileWindows(files, splittable) : [];
  return { splits, windows, sizeBytes: sizeOf(splits) };
}

function planFolded(files: readonly InputFile[], plan: PlanOptions): Split[] {
  const few = planSplits(files, { ...plan, splitsPerSlot: FOLDED_SPLITS_PER_SLOT });
  if (plan.splitBytes !== undefined || few.length > TURNS_MAX * plan.slots) return few;
  const more = planSplits(files, { ...plan, splitsPerSlot: UNEVEN_FOLDED_SPLITS_PER_SLOT });
  const isSooner = longestTurns(more, plan.slots) < longestTurns(few, plan.slots) * SOONER;
  return isSooner ? more : few;
}

/** What the busiest slot reads, in bytes, if each split goes to the one that is free first. */
function longestTurns(splits: readonly Split[], slots: number): number {
  const read = new Array<number>(Math.min(slots, splits.length)).fill(0);
  for (const { sizeBytes } of splits) {
    let free = 0;
    for (let slot = 1; slot < read.length; slot++) if (read[slot]! < read[free]!) free = slot;
    read[free] = read[free]! + sizeBytes;
  }
  return Math.max(0, ...read);
}

/** The size of a split that keeps no slot idle. */
function usualSplitBytes(
  step: PipelineStep,
  { picks }: ReadyStep["format"],
  files: readonly InputFile[],
  memoryBytes: number,
): number {
  if (picks === true || isFolded(step)) return SPLIT_BYTES_DEFAULT;
  const inputBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const mergedAtOnce = Math.ceil(inputBytes / MERGE_FAN_IN_MAX);
  const sortedBytes = Math.min(SPLIT_BYTES_DEFAULT, Math.max(SORTED_SPLIT_BYTES_MIN, mergedAtOnce));
  return Math.min(sortedBytes, Math.floor(memoryBytes * SPLIT_MEMORY_SHARE));
}

function isFolded(step: PipelineStep): boolean {
  return foldsNumbers(step.job.definition);
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
