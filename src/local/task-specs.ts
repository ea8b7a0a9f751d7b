/**
 * What a slot of this machine is told of each attempt of a step: from the plan of the step, and from
 * what its map tasks have put out so far.
 */

import { taskIndex } from "../base/ids.ts";
import type { SkippedRecord } from "../job/failure.ts";
import type { AssignTask } from "../scheduler/command.ts";
import { type JobState, phaseOf, skipListOf } from "../scheduler/state.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import { stepRunPath } from "../task/step-runs.ts";
import type {
  AnyTaskSpec,
  MapResult,
  MapTaskSpec,
  ReduceTaskSpec,
  SampleTaskSpec,
} from "../task/task-spec.ts";
import type { StepPlan } from "./executor.ts";

/** What specs are made from. */
export interface TaskSpecSources {
  readonly plan: StepPlan;
  /** As the scheduler has it now. */
  readonly job: JobState;
  readonly memoryBytes: number;
  /** Where attempts may make files. */
  readonly directory: string;
}

/** See the head of this file. */
export class TaskSpecs {
  readonly #sources: TaskSpecSources;
  /** Between partitions, for `range()`; known once the sample has been taken. */
  boundaries: readonly Uint8Array[] | undefined;

  constructor(sources: TaskSpecSources) {
    this.#sources = sources;
  }

  /** Of an attempt that the scheduler has assigned. */
  of(command: AssignTask): AnyTaskSpec {
    return command.phase === "map" ? this.#map(command) : this.#reduce(command);
  }

  /** Of a sample that leaves out these records. */
  sample(skip: readonly SkippedRecord[]): SampleTaskSpec {
    const { windows, partitions } = this.#sources.plan;
    return { ...this.#base("sample", 0, skip.length), kind: "sample", windows, partitions, skip };
  }

  #map({ task, attempt }: AssignTask): MapTaskSpec {
    const { splits, partitions } = this.#sources.plan;
    const { boundaries } = this;
    const base = { ...this.#base("map", task, attempt), skip: this.#skip("map", task) };
    return { ...base, kind: "map", split: splits[task]!, partitions, boundaries };
  }

  #reduce({ task, attempt }: AssignTask): ReduceTaskSpec {
    const { output, runs } = this.#sources.plan;
    const run = runs?.[task];
    const isPart = output.kind === "part";
    return {
      ...this.#base("reduce", task, attempt),
      skip: this.#skip("reduce", task),
      kind: "reduce",
      regions: run === undefined ? this.#regions(task) : [run],
      passThrough: run !== undefined,
      output: output.kind,
      outputPath: isPart
        ? output.committer.partPath(task, attempt)
        : stepRunPath(output.place, task, attempt),
      upload: isPart ? output.committer.uploadTarget(task, attempt) : undefined,
    };
  }

  /** A partition's regions in all map outputs. */
  #regions(partition: number): RunRegion[] {
    return this.#sources.job.map.tasks.map((task) => {
      const { output } = task!.result as MapResult;
      return { path: output.path, ...output.regions[partition]! };
    });
  }

  #base(kind: AnyTaskSpec["kind"], task: number, attempt: number) {
    const { plan, job, memoryBytes, directory } = this.#sources;
    return {
      step: plan.label.step,
      task,
      attempt,
      memoryBytes,
      directory,
      fileName: `${kind}-${task}-${attempt}`,
      previous: plan.previous,
      skipsLeft: Math.max(0, job.limits.skippedMax - job.skipped),
    };
  }

  #skip(phase: "map" | "reduce", task: number): readonly SkippedRecord[] {
    return skipListOf(phaseOf(this.#sources.job, phase), taskIndex(task));
  }
}
