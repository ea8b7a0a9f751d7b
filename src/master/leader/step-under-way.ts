/**
 * A step that runs, as the leader has it besides what the log holds: its plan, and how far it is.
 */

import type { Counters } from "../../job/counters.ts";
import { sumCounters } from "../../job/counters.ts";
import type { PhaseProgress, Progress } from "../../job/report.ts";
import type { StepOutcome } from "../../local/executor.ts";
import type { AttemptProgress } from "../../rpc/wire/from-worker.ts";
import {
  type AttemptState,
  type JobState,
  type Phase,
  phaseOf,
  type TaskState,
  winnerOf,
} from "../../scheduler/state.ts";
import type { RunRegion } from "../../shuffle/merge-runs.ts";
import { stepRunPath } from "../../task/step-runs.ts";
import type { Written } from "../../task/task-spec.ts";
import type { PlannedStep } from "../driver/driver-message.ts";
import type { StepTotals } from "../state/cluster-command.ts";
import { type KeptResult, type PackedResult, unpackResult } from "../state/task-result.ts";

/** What the completed tasks of a phase have done together, each of them counted once. */
interface Done {
  readonly counted: Set<number>;
  records: number;
  bytes: number;
  spills: number;
  skippedRecords: number;
}

/** See the head of this file. */
export class StepUnderWay {
  readonly plan: PlannedStep;
  readonly job: JobState;
  readonly startMs: number;
  /** All of it is done, and the driver knows. */
  isOver = false;
  readonly #done: Readonly<Record<Phase, Done>> = { map: nothingDone(), reduce: nothingDone() };
  #shuffleBytes = 0;

  constructor(plan: PlannedStep, job: JobState, startMs: number) {
    this.plan = plan;
    this.job = job;
    this.startMs = startMs;
  }

  /** A task is completed; answers with what a reduce of it wrote. */
  completed(winner: AttemptState, { index, result }: TaskState): Written | undefined {
    const kept = unpackResult(result as PackedResult);
    const done = this.#done[winner.phase];
    // A map that had to run again has done nothing more.
    if (!done.counted.has(index)) {
      const { task } = kept.counters;
      const isMap = winner.phase === "map";
      done.counted.add(index);
      done.records += isMap ? task.MAP_INPUT_RECORDS : task.REDUCE_INPUT_GROUPS;
      done.bytes += isMap ? task.MAP_INPUT_BYTES : task.REDUCE_SHUFFLE_BYTES;
      done.spills += kept.spills;
      done.skippedRecords += kept.skipped;
      if (isMap) this.#shuffleBytes += task.MAP_OUTPUT_MATERIALIZED_BYTES;
    }
    return this.#writtenBy(winner, kept);
  }

  /** What a reduce attempt wrote, as whoever publishes it or reads it on needs to know it. */
  #writtenBy({ task, attempt }: AttemptState, { output }: KeptResult): Written | undefined {
    if (output.kind === "part") return { kind: "part", part: output.part };
    if (output.kind !== "step") return undefined;
    const path = stepRunPath(this.plan.output.path, task, attempt);
    return { kind: "step", run: { path, offset: 0, ...output.run } };
  }

  /** What the step has made, when all of its tasks are completed. */
  outcome(): StepOutcome {
    const counters: Counters[] = [];
    const runs: RunRegion[] = [];
    for (const { tasks } of [this.job.map, this.job.reduce]) {
      for (const task of tasks) {
        const winner = winnerOf(task);
        // The output of a map may have got lost after the last reduce had it.
        if (task?.wasCompleted !== true) continue;
        const kept = unpackResult(task.result as PackedResult);
        counters.push(kept.counters);
        const written = winner && this.#writtenBy(winner, kept);
        if (written?.kind === "step") runs.push(written.run);
      }
    }
    // Writing out what a repetition has left calls none of the job's functions.
    const counted = sumCounters(this.plan.runs === undefined ? counters : []);
    return { runs, counters: counted, skipped: this.job.skipped };
  }

  /** Where it stands; `running` is how far those of its attempts are that run. */
  progress(nowMs: number, running: readonly AttemptProgress[]): Progress {
    return {
      type: "progress",
      ...this.plan.label,
      elapsedMs: nowMs - this.startMs,
      map: this.#phase("map", this.plan.inputBytes, running),
      reduce: this.#phase("reduce", this.#shuffleBytes, running),
    };
  }

  /** What is left of that when the step is over. */
  totals(): StepTotals {
    const { map, reduce } = this.progress(this.startMs, []);
    return { map: { ...map, running: 0 }, reduce: { ...reduce, running: 0 } };
  }

  #phase(name: Phase, bytesTotal: number, attempts: readonly AttemptProgress[]): PhaseProgress {
    const phase = phaseOf(this.job, name);
    const { counted: _, ...sum } = this.#done[name];
    sum.skippedRecords += phase.badRecords;
    for (const { attempt, records, bytes, spills } of attempts) {
      if (attempt.phase !== name) continue;
      sum.records += records;
      sum.bytes += bytes;
      sum.spills += spills;
    }
    return {
      tasks: phase.count,
      running: phase.inProgress,
      completed: phase.completed,
      bytesTotal,
      retries: phase.attempts - phase.attempted,
      ...sum,
    };
  }
}

function nothingDone(): Done {
  return { counted: new Set(), records: 0, bytes: 0, spills: 0, skippedRecords: 0 };
}
