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
  readonly #done = { map: nothingDone(), reduce: nothingDone() };
  #shuffleBytes = 0;

  constructor(plan: StepPlan, job: JobState, pool: SlotPool) {
    this.#plan = plan;
    this.#job = job;
    this.#pool = pool;
  }

  succeeded(result: MapResult | ReduceResult): void {
    const { task } = result.counters;
    const done = this.#done[result.kind];
    done.spills += result.spills;
    done.skippedRecords += result.skipped;
    if (result.kind === "map") {
      done.records += task.MAP_INPUT_RECORDS;
      done.bytes += task.MAP_INPUT_BYTES;
      for (const region of result.output.regions) this.#shuffleBytes += region.lengthBytes;
    } else {
      done.records += task.REDUCE_INPUT_GROUPS;
      done.bytes += task.REDUCE_SHUFFLE_BYTES;
    }
  }

  read(): Progress {
    return {
      type: "progress",
      ...this.#plan.label,
      elapsedMs: performance.now() - this.#startMs,
      map: this.#phase("map", this.#plan.inputBytes),
      reduce: this.#phase("reduce", this.#shuffleBytes),
    };
  }

  #phase(name: "map" | "reduce", bytesTotal: number): PhaseProgress {
    const phase = phaseOf(this.#job, name);
    const { count: tasks, inProgress: running, completed } = phase;
    const done = { ...this.#done[name] };
    // Here the phases do not overlap, so every busy slot is in the one that runs.
    if (running > 0) {
      for (const slot of this.#pool.progress()) {
        done.records += slot.records;
        done.bytes += slot.bytes;
        done.spills += slot.spills;
      }
    }
    // Those that attempts have died of; the others are told by the attempts that left them out.
    done.skippedRecords += phase.badRecords;
    const retries = phase.attempts - phase.attempted;
    return { tasks, running, completed, bytesTotal, retries, ...done };
  }
}

/** What the finished attempts of a phase add up to. */
function nothingDone(): { records: number; bytes: number; spills: number; skippedRecords: number } {
  return { records: 0, bytes: 0, spills: 0, skippedRecords: 0 };
}
