/**
 * Which workers are excluded for a while, because more goes wrong on them than on others: what has
 * happened, as the scheduler's exclusion wants to hear it. The leader's memory.
 */

import { durationInWords } from "../../base/duration.ts";
import type { WorkerId, WorkerName } from "../../base/ids.ts";
import { type ExcludedWorker, Exclusion } from "../../scheduler/exclusion.ts";
import type { AttemptState, SchedulerState, WorkerState } from "../../scheduler/state.ts";
import type { ClusterEffect } from "../state/cluster-effect.ts";

/** See the head of this file. */
export class WorkerHealth {
  readonly #state: SchedulerState;
  readonly #exclusion = new Exclusion();

  constructor(state: SchedulerState) {
    this.#state = state;
  }

  /** One command has had these effects. */
  take(effects: readonly ClusterEffect[], nowMs: number): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "attempt-ended":
          if (effect.why === "reported") this.#ended(effect.attempt, nowMs);
          break;
        case "worker-lost":
          if (effect.how === "lost") this.#died(effect.worker, effects, nowMs);
          break;
        case "map-output-lost":
          this.#outputLost(effect.attempt, nowMs);
          break;
      }
    }
  }

  /** Those that get nothing now. */
  excluded(nowMs: number): readonly ExcludedWorker[] {
    return this.#exclusion.excluded(this.#state.workers.byName.keys(), nowMs);
  }

  #ended(attempt: AttemptState, nowMs: number): void {
    const worker = this.#nameOf(attempt.worker);
    const { state } = attempt;
    if (worker === undefined) return;
    if (state === "succeeded") this.#exclusion.succeeded(worker, nowMs);
    if (state === "failed" || state === "lost") {
      this.#exclusion.happened(worker, { kind: state, tasks: [taskOf(attempt)] }, nowMs);
    }
  }

  /** What ran on it is told of by effects of their own. */
  #died({ id, name }: WorkerState, effects: readonly ClusterEffect[], nowMs: number): void {
    const tasks: string[] = [];
    for (const effect of effects) {
      if (effect.type !== "attempt-ended" || effect.why !== "worker-lost") continue;
      if (effect.attempt.worker === id) tasks.push(taskOf(effect.attempt));
    }
    this.#exclusion.happened(name, { kind: "died", tasks }, nowMs);
  }

  /** Of a worker that lives, or it would be its death that is told. */
  #outputLost(attempt: AttemptState, nowMs: number): void {
    const worker = this.#nameOf(attempt.worker);
    if (worker === undefined) return;
    this.#exclusion.happened(worker, { kind: "unfetchable", tasks: [taskOf(attempt)] }, nowMs);
  }

  #nameOf(worker: WorkerId): WorkerName | undefined {
    return this.#state.workers.live.get(worker)?.name;
  }
}

function taskOf({ job, phase, task }: AttemptState): string {
  return `${job} ${phase} ${task}`;
}

/** Why, and for how long: "In 10 minutes: 3 attempts failed. ... It gets nothing for 42 s." */
export function exclusionInWords({ untilMs, reason }: ExcludedWorker, nowMs: number): string {
  return `${reason} It gets nothing for ${durationInWords(Math.max(0, untilMs - nowMs))}.`;
}
