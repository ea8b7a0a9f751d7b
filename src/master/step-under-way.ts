/**
 * A step that runs, as the leader has it besides what the log holds: its plan, and how far it is.
 */

import { join } from "node:path";
import type { AttemptLabel } from "../job/context.ts";
import type { Counters } from "../job/counters.ts";
import { sumCounters } from "../job/counters.ts";
import type { PhaseProgress, Progress } from "../job/report.ts";
import type { StepOutcome } from "../local/executor.ts";
import type { AttemptProgress } from "../rpc/wire/from-worker.ts";
import type { ReportedResult } from "../rpc/wire/result.ts";
import { type JobState, type Phase, phaseOf } from "../scheduler/state.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import { stepRunName } from "../task/part-name.ts";
import type { Written } from "../task/task-spec.ts";
import type { PlannedStep } from "./driver-message.ts";

/** What an attempt that won has left in the scheduler's state. */
export type KeptResult = Pick<ReportedResult, "counters" | "spills" | "skipped" | "output">;

/** See the head of this file. */
export class StepUnderWay {
  readonly plan: PlannedStep;
  readonly job: JobState;
  readonly startMs: number;

  constructor(plan: PlannedStep, job: JobState, startMs: number) {
    this.plan = plan;
    this.job = job;
    this.startMs = startMs;
  }

  /** What a reduce attempt wrote, as whoever publishes it or reads it on needs to know it. */
  writtenBy({ task, attempt }: AttemptLabel, { output }: KeptResult): Written | undefined {
    if (output.kind === "part") return { kind: "part", part: output.part };
    if (output.kind !== "step") return undefined;
    const path = join(this.plan.output.path, stepRunName(task, attempt));
    return { kind: "step", run: { path, offset: 0, ...output.run } };
  }

  /** What the step has made, when all of its tasks are completed. */
  outcome(): StepOutcome {
    const counters: Counters[] = [];
    const runs: RunRegion[] = [];
    for (const name of ["map", "reduce"] as const) {
      for (const task of phaseOf(this.job, name).tasks) {
        const result = task.result as KeptResult;
        counters.push(result.counters);
        const winner = task.attempts.find(({ state }) => state === "succeeded")!;
        const label = { phase: name, task: task.index, attempt: winner.number };
        const written = name === "reduce" ? this.writtenBy(label, result) : undefined;
        if (written?.kind === "step") runs.push(written.run);
      }
    }
    // Writing out what a repetition has left calls none of the job's functions.
    const counted = sumCounters(this.plan.runs === undefined ? counters : []);
    return { runs, counters: counted, skipped: this.job.skipped };
  }

  /** Where it stands; `running` is how far those of its attempts are that run. */
  progress(nowMs: number, running: readonly AttemptProgress[]): Progress {
    let shuffleBytes = 0;
    for (const { result } of this.job.map.tasks) {
      const kept = result as KeptResult | undefined;
      shuffleBytes += kept?.counters.task.MAP_OUTPUT_MATERIALIZED_BYTES ?? 0;
    }
    return {
      type: "progress",
      ...this.plan.label,
      elapsedMs: nowMs - this.startMs,
      map: this.#phase("map", this.plan.inputBytes, running),
      reduce: this.#phase("reduce", shuffleBytes, running),
    };
  }

  #phase(name: Phase, bytesTotal: number, attempts: readonly AttemptProgress[]): PhaseProgress {
    const { tasks, completed } = phaseOf(this.job, name);
    const sum = { records: 0, bytes: 0, spills: 0, skippedRecords: 0 };
    let running = 0;
    let retries = 0;
    for (const task of tasks) {
      if (task.state === "in-progress") running++;
      retries += Math.max(0, task.attempts.length - 1);
      sum.skippedRecords += task.skip.length;
      if (task.result === undefined) continue;
      const { counters, spills, skipped } = task.result as KeptResult;
      const { task: counted } = counters;
      sum.spills += spills;
      sum.skippedRecords += skipped;
      sum.records += name === "map" ? counted.MAP_INPUT_RECORDS : counted.REDUCE_INPUT_GROUPS;
      sum.bytes += name === "map" ? counted.MAP_INPUT_BYTES : counted.REDUCE_SHUFFLE_BYTES;
    }
    for (const { attempt, records, bytes, spills } of attempts) {
      if (attempt.phase !== name) continue;
      sum.records += records;
      sum.bytes += bytes;
      sum.spills += spills;
    }
    return { tasks: tasks.length, running, completed, bytesTotal, retries, ...sum };
  }
}
