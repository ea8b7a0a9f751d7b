/**
 * Adds up how far a step is: what finished attempts have counted, plus what the busy slots show.
 */

import type { PhaseProgress, Progress } from "../job/report.ts";
import { type JobState, phaseOf } from "../scheduler/state.ts";
import type { MapResult, ReduceResult } from "../task/task-spec.ts";
import type { StepPlan } from "./executor.ts";
import type { SlotPool } from "./slot-pool.ts";

/** See the head of this file. */
export class StepProgressMeter {
  readonly #plan: StepPlan;
  readonly #job: JobState;
  readonly #pool: SlotPool;
  readonly #startMs = performance.now();
  readonly #done = { map: { records: 0, bytes: 0 }, reduce: { records: 0, bytes: 0 } };
  #shuffleBytes = 0;
  #spills = 0;
  #retries = 0;

  constructor(plan: StepPlan, job: JobState, pool: SlotPool) {
    this.#plan = plan;
    this.#job = job;
    this.#pool = pool;
  }

  succeeded(result: MapResult | ReduceResult): void {
    const { task } = result.counters;
    this.#spills += result.spills;
    if (result.kind === "map") {
      this.#done.map.records += task.MAP_INPUT_RECORDS;
      this.#done.map.bytes += task.MAP_INPUT_BYTES;
      for (const region of result.output.regions) this.#shuffleBytes += region.lengthBytes;
    } else {
      this.#done.reduce.records += task.REDUCE_INPUT_GROUPS;
      this.#done.reduce.bytes += task.REDUCE_SHUFFLE_BYTES;
    }
  }

  failed(): void {
    this.#retries++;
  }

  read(): Progress {
    const busy = this.#pool.progress();
    return {
      type: "progress",
      ...this.#plan.label,
      elapsedMs: performance.now() - this.#startMs,
      map: this.#phase("map", this.#plan.inputBytes),
      reduce: this.#phase("reduce", this.#shuffleBytes),
      spills: this.#spills + busy.reduce((sum, slot) => sum + slot.spills, 0),
      retries: this.#retries,
      skippedRecords: this.#job.skipped,
    };
  }

  #phase(name: "map" | "reduce", bytesTotal: number): PhaseProgress {
    const { tasks, completed } = phaseOf(this.#job, name);
    const running = tasks.filter((task) => task.state === "in-progress").length;
    let { records, bytes } = this.#done[name];
    // Here the phases do not overlap, so every busy slot is in the one that runs.
    if (this.#job.phase === name) {
      for (const slot of this.#pool.progress()) {
        records += slot.records;
        bytes += slot.bytes;
      }
    }
    return { tasks: tasks.length, running, completed, records, bytes, bytesTotal };
  }
}
