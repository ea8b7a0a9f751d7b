/**
 * A leader without a network: a state, the liveness that it has of workers that are always there, and
 * plans that are applied at once.
 */

import type { WorkerId, WorkerName } from "../../../src/base/ids.ts";
import { apply } from "../../../src/scheduler/apply.ts";
import { AttemptClock } from "../../../src/scheduler/attempt-clock.ts";
import type {
  AssignTask,
  AttemptRef,
  Command,
  KillAttempt,
} from "../../../src/scheduler/command.ts";
import type { Effect } from "../../../src/scheduler/effect.ts";
import type { Liveness } from "../../../src/scheduler/liveness.ts";
import { PlanMemory } from "../../../src/scheduler/plan/memory.ts";
import { plan } from "../../../src/scheduler/plan.ts";
import { attemptOf, emptyState, type SchedulerState } from "../../../src/scheduler/state.ts";

/** See the head of this file. */
export class Leader {
  readonly state: SchedulerState;
  readonly clock: AttemptClock;
  readonly memory = new PlanMemory();
  readonly excluded = new Set<WorkerName>();
  regionShares: Liveness["regionShares"];
  nowMs = 0;

  constructor(...commands: Command[]) {
    this.state = emptyState();
    this.clock = new AttemptClock(this.state);
    this.do(...commands);
  }

  do(...commands: Command[]): Effect[] {
    return commands.flatMap((command) => {
      const effects = apply(this.state, command);
      for (const effect of effects) this.clock.take(effect, this.nowMs);
      return [...effects];
    });
  }

  /** What it would do, if each worker has the slots that its running attempts leave it. */
  plan(): (AssignTask | KillAttempt)[] {
    const free = new Map<WorkerId, number>();
    for (const { id, slots, running } of this.state.workers.live.values()) {
      if (running.size < slots) free.set(id, slots - running.size);
    }
    const { excluded, clock: pace, regionShares, memory } = this;
    const liveness = { free, excluded, isReady: undefined, pace, regionShares, memory };
    return plan(this.state, liveness, this.nowMs);
  }

  /** Does it, and says it in short: `map 3 on b`, `kill reduce 0`. */
  step(): string[] {
    const commands = this.plan();
    this.do(...commands);
    return commands.map((command) => {
      const { phase, task } = command;
      if (command.type === "kill-attempt") return `kill ${phase} ${task}`;
      return `${command.backup ? "backup of " : ""}${phase} ${task} on ${command.worker}`;
    });
  }

  pass(ms: number): void {
    this.nowMs += ms;
  }

  progress(ref: AttemptRef, share: number): void {
    this.clock.progressed(attemptOf(this.state, ref)!, share, this.nowMs);
  }
}
