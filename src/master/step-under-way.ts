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
  /** By attempt: how far those are that run. */
  readonly #running = new Map<string, AttemptProgress>();

  constructor(plan: PlannedStep, job: JobState, startMs: number) {
    this.plan = plan;
    this.job = job;
    this.startMs = startMs;
  }

  progressed(progress: AttemptProgress): void {
    this.#running.set(keyOf(progress.attempt as AttemptLabel), progress);
  }

  ended(attempt: AttemptLabel): void {
    this.#running.delete(keyOf(attempt));
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

  progress(nowMs: number): Progress {
    let shuffleBytes = 0;
    for (const { result } of this.job.map.tasks) {
      const output = (result as KeptResult | undefined)?.output;
      if (output?.kind !== "map") continue;
      for (const bytes of output.regions.lengthBytes) shuffleBytes += bytes;
    }
    return {
      type: "progress",
      ...this.plan.label,
      elapsedMs: nowMs - this.startMs,
      map: this.#phase("map", this.plan.inputBytes),
      reduce: this.#phase("reduce", shuffleBytes),
    };
  }

  #phase(name: Phase, bytesTotal: number): PhaseProgress {
    const { tasks, completed } = phaseOf(this.job, name);
    const sum = { records: 0, bytes: 0, spills: 0, skippedRecords: 0 };
    let running = 0;
    let retries = 0;
    for (const { state, attempts, skip, result } of tasks) {
      if (state === "in-progress") running++;
      retries += Math.max(0, attempts.length - 1);
      sum.skippedRecords += skip.length;
      if (result === undefined) continue;
      const { counters, spills, skipped } = result as KeptResult;
      const { task } = counters;
      sum.spills += spills;
      sum.skippedRecords += skipped;
      sum.records += name === "map" ? task.MAP_INPUT_RECORDS : task.REDUCE_INPUT_GROUPS;
      sum.bytes += name === "map" ? task.MAP_INPUT_BYTES : task.REDUCE_SHUFFLE_BYTES;
    }
    for (const { attempt, records, bytes, spills } of this.#running.values()) {
      if (attempt.phase !== name) continue;
      sum.records += records;
      sum.bytes += bytes;
      sum.spills += spills;
    }
    return { tasks: tasks.length, running, completed, bytesTotal, retries, ...sum };
  }
}

function keyOf({ phase, task, attempt }: AttemptLabel): string {
  return `${phase} ${task} ${attempt}`;
}
