/**
 * Into which splits the files of a step are cut: what its records will cost decides their size.
 */

import { MERGE_FAN_IN_MAX, SPLIT_BYTES_DEFAULT } from "../base/limits.ts";
import type { InputFile, Split } from "../job/input/input.ts";
import { type PlanOptions, planSplits } from "../job/input/plan-splits.ts";
import { foldsNumbers } from "../task/combine.ts";
import type { ResolvedOptions } from "./options.ts";
import type { ReadyStep } from "./ready-steps.ts";

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

/** The splits of the files that a step reads, in input order. */
export function splitsOfFiles(
  { step, format }: ReadyStep,
  files: readonly InputFile[],
  { splitBytes, slots, memoryBytes }: ResolvedOptions,
): Split[] {
  const { splittable, picks = false } = format;
  const isFolded = foldsNumbers(step.job.definition);
  const usualBytes = picks || isFolded ? SPLIT_BYTES_DEFAULT : sortedSplitBytes(files, memoryBytes);
  const plan: PlanOptions = { splittable, splitBytes, usualBytes, slots };
  return isFolded ? planFolded(files, plan) : planSplits(files, plan);
}

function sortedSplitBytes(files: readonly InputFile[], memoryBytes: number): number {
  const inputBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const mergedAtOnce = Math.ceil(inputBytes / MERGE_FAN_IN_MAX);
  const sortedBytes = Math.min(SPLIT_BYTES_DEFAULT, Math.max(SORTED_SPLIT_BYTES_MIN, mergedAtOnce));
  return Math.min(sortedBytes, Math.floor(memoryBytes * SPLIT_MEMORY_SHARE));
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
