/**
 * What must hold of jobs, tasks and attempts, command by command, in the order of the log: it folds the
 * commands itself, and looks at what each of them has changed. That all masters fold them alike, their
 * snapshots say (consensus.ts).
 */

import { applyCommand } from "../../../src/master/state/apply-command.ts";
import type { ClusterCommand } from "../../../src/master/state/cluster-command.ts";
import type { ClusterEffect } from "../../../src/master/state/cluster-effect.ts";
import { type ClusterState, emptyClusterState } from "../../../src/master/state/cluster-state.ts";
import { decodeCommand } from "../../../src/master/state/command-codec.ts";
import type { FailAttempt } from "../../../src/scheduler/command.ts";
import type {
  AttemptPhase,
  AttemptState,
  JobState,
  Phase,
  TaskState,
} from "../../../src/scheduler/state.ts";
import { checkInvariants } from "../../scheduler/support/invariants.ts";
import type { World } from "../world/world.ts";
import type { Ledger } from "./ledger.ts";

/** From which states a task may come. Completed maps go back to idle with their workers. */
const TASK_BEFORE: Readonly<Record<TaskState["state"], readonly TaskState["state"][]>> = {
  idle: ["idle", "in-progress", "completed"],
  "in-progress": ["idle", "in-progress"],
  completed: ["in-progress", "completed"],
};
/** The whole state is looked at after so many commands; what a command touches, always. */
const FULL_CHECK_EVERY = 16;

/** See the head of this file. */
export class SchedulingCheck {
  readonly state: ClusterState = emptyClusterState();
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #tasks = new Map<string, TaskState["state"]>();
  readonly #attempts = new Map<string, AttemptPhase>();
  readonly #ended = new Map<string, string>();
  #commands = 0;

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  /** The next command of the log. */
  committed(bytes: Uint8Array): void {
    const command = decodeCommand(bytes);
    if (command.type === "fail-attempt") this.#fails(command);
    const effects = applyCommand(this.state, command);
    this.#commands++;
    this.#sawCommand(command, effects);
    for (const effect of effects) this.#looksAt(effect);
    for (const job of this.state.scheduler.active.values()) this.#steps(job);
    this.#jobsStayEnded();
    if (this.#commands % FULL_CHECK_EVERY === 0) checkInvariants(this.state.scheduler);
  }

  #looksAt(effect: ClusterEffect): void {
    const { sometimes } = this.#world;
    switch (effect.type) {
      case "task-completed":
        return this.#wins(effect.winner);
      case "worker-lost":
        if (effect.how === "lost") sometimes.saw("worker given up");
        return this.#ledger.givesUp(effect.worker.id);
      case "attempt-assigned":
        if (effect.attempt.backup) sometimes.saw("backup made");
        this.#sawWaiting(effect.attempt);
        return this.#sawPlace(effect.attempt);
      case "attempt-ended":
        if (effect.why === "lost-race") sometimes.saw("attempt lost a race");
        if (effect.why === "preempted") sometimes.saw("attempt preempted");
        if (effect.attempt.state === "failed") sometimes.saw("attempt failed by its code");
        return;
      case "map-output-lost":
        return sometimes.saw("map output lost");
    }
  }

  #sawWaiting({ worker }: AttemptState): void {
    const { slots, running } = this.state.scheduler.workers.live.get(worker)!;
    if (running.size > slots) this.#world.sometimes.saw("map assigned beyond the slots");
  }

  #sawPlace({ job, phase, task, worker }: AttemptState): void {
    const { jobs, workers } = this.state.scheduler;
    const near = jobs.get(job)!.mapHosts.filter(({ tasks }) => tasks.includes(task));
    if (phase !== "map" || near.length === 0) return;
    const host = workers.live.get(worker)?.host;
    const isNear = near.some(({ label }) => label === host);
    this.#world.sometimes.saw(isNear ? "map near its input" : "map far from its input");
  }

  /** What a worker has brought to its end is not done again because nobody has heard of it. */
  #fails({ job, phase, task, attempt, failure }: FailAttempt): void {
    if (failure.code !== "CLUSTER_UNREACHABLE") return;
    const tasks = this.state.scheduler.jobs.get(job)?.[phase].tasks;
    const known = tasks?.[task]?.attempts.find((one) => one.attempt === attempt);
    if (known?.state !== "running" || this.#ledger.isGivenUp(known.worker)) return;
    this.#world.expect(
      !this.#ledger.hasFinished(known.worker, known),
      () => `Attempt ${attempt} of ${phase} ${task} of ${job} is lost, and has succeeded.`,
    );
  }

  /** Nothing of a life that was given up counts, and nothing that did not happen. */
  #wins(winner: AttemptState): void {
    const { worker, job, phase, task, attempt } = winner;
    const words = `attempt ${attempt} of ${phase} ${task} of ${job} on ${worker}`;
    if (winner.backup) this.#world.sometimes.saw("backup won");
    this.#world.expect(
      !this.#ledger.isGivenUp(worker),
      () => `The ${words} has won, whose worker was given up.`,
    );
    this.#world.expect(
      this.#ledger.hasFinished(worker, winner),
      () => `The ${words} has won, and was never finished.`,
    );
  }

  /** Tasks and attempts go along legal transitions only. */
  #steps(job: JobState): void {
    for (const phase of ["map", "reduce"] as const) {
      for (const task of job[phase].tasks) if (task !== undefined) this.#step(job, phase, task);
    }
  }

  #step(job: JobState, phase: Phase, task: TaskState): void {
    const key = `${job.id} ${phase} ${task.index}`;
    const before = this.#tasks.get(key) ?? "idle";
    if (before !== task.state) {
      this.#tasks.set(key, task.state);
      const isLegal =
        TASK_BEFORE[task.state].includes(before) && !(phase === "reduce" && before === "completed");
      this.#world.expect(isLegal, () => `The task ${key} goes from ${before} to ${task.state}.`);
    }
    for (const { attempt, state } of task.attempts) {
      const name = `${key} ${attempt}`;
      const was = this.#attempts.get(name) ?? "running";
      if (was === state) continue;
      this.#attempts.set(name, state);
      // The output of a map that has succeeded may get lost.
      const isLegal = was === "running" || (was === "succeeded" && state === "lost");
      this.#world.expect(isLegal, () => `The attempt ${name} goes from ${was} to ${state}.`);
    }
  }

  #jobsStayEnded(): void {
    for (const { id, standing, ended } of this.state.jobs.values()) {
      const before = this.#ended.get(id);
      if (before === undefined && ended === undefined) continue;
      this.#world.expect(
        before === undefined || before === standing,
        () => `The job ${id} has ended as ${before}, and is ${standing}.`,
      );
      this.#ended.set(id, standing);
    }
  }

  #sawCommand(command: ClusterCommand, effects: readonly ClusterEffect[]): void {
    const { sometimes } = this.#world;
    if (effects.length > 0) return;
    switch (command.type) {
      case "succeed-attempt":
      case "fail-attempt":
      case "assign-task":
      case "kill-attempt":
        return sometimes.saw("late command had no effect");
    }
  }
}
