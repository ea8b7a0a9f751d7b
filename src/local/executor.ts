/**
 * What runs a step: the threads of this machine, or this thread alone. Both are given the same plan
 * and must put out the same bytes.
 */

import type { Counters } from "../job/counters.ts";
import type { Split } from "../job/input/input.ts";
import type { PipelineStep } from "../job/pipeline.ts";
import type { StepLabel } from "../job/report.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import type { OutputCommitter } from "../task/output-committer.ts";
import type { SampleWindow } from "../task/task-spec.ts";
import type { AttemptFiles } from "./attempt-files.ts";
import type { InputPlaces } from "./input-places.ts";

/** One MapReduce, planned. */
export interface StepPlan {
  readonly label: StepLabel;
  readonly step: PipelineStep;
  readonly params: unknown;
  readonly splits: readonly Split[];
  /** For the sample of a range partitioner; empty where none is needed. */
  readonly windows: readonly SampleWindow[];
  readonly partitions: number;
  /**
   * Runs that only have to be written as parts, one per partition: what a repetition that ended
   * early has left. There are no splits then, and no reduce function is called.
   */
  readonly runs: readonly RunRegion[] | undefined;
  /**
   * Where the splits are near. To be asked by who has a choice of machines: it calls the job's function.
   */
  readonly places: () => InputPlaces;
  readonly inputBytes: number;
  /** The user counters of the step before. */
  readonly previous: Readonly<Record<string, number>>;
  /** Bad records that may be skipped in all, and those that earlier steps have skipped. */
  readonly skippedMax: number;
  readonly skipped: number;
  readonly files: AttemptFiles;
  /** Parts of the output in the end; until then runs that the next step reads, in their place. */
  readonly output:
    | { readonly kind: "part"; readonly committer: OutputCommitter }
    | { readonly kind: "step"; readonly place: string };
}

/** What a step has put out. */
export interface StepOutcome {
  /** By partition: the runs of an inner step; none of the last. */
  readonly runs: readonly RunRegion[];
  readonly counters: Counters;
  /** Bad records skipped so far, in earlier steps too. */
  readonly skipped: number;
}

/** Runs steps one after the other. */
export interface Executor {
  runStep(plan: StepPlan): Promise<StepOutcome>;
  close(): Promise<void>;
}
