/**
 * One job's part in a round of planning: what it would run next, and where.
 */

import { attemptNumber, type TaskIndex, taskIndex, type WorkerId } from "../../base/ids.ts";
import type { AssignTask } from "../command.ts";
import type { AttemptState, JobState, Phase, TaskState, WorkerState } from "../state.ts";
import type { JobMemory } from "./memory.ts";
import { NearMapsRound } from "./near-maps.ts";
import { PhaseTurn } from "./phase-turn.ts";
import { nearestWorker } from "./reduce-place.ts";
import type { Round } from "./round.ts";
import { findStragglers, type Straggler } from "./stragglers.ts";

/** While maps wait, so much of a job's slots may go to reduces: they fetch meanwhile. */
const EARLY_REDUCES_SHARE = 1 / 4;
/** How often attempts are looked at to find the slow ones. */
const STRAGGLERS_INTERVAL_MS = 1000;
/** Attempts of a task that fail or get lost on one worker before it waits for another one. */
const TRIES_IN_VAIN_MAX = 2;
const NOWHERE: readonly WorkerId[] = [];

/** See the head of this file. */
export class JobTurn {
  readonly job: JobState;
  /** Its place among the jobs. */
  readonly order: number;
  readonly maps: PhaseTurn;
  readonly #reduces: PhaseTurn;
  #nearMaps: NearMapsRound | undefined;
  readonly #memory: JobMemory;
  readonly #round: Round;

  constructor(job: JobState, order: number, memory: JobMemory, round: Round) {
    this.job = job;
    this.order = order;
    this.#memory = memory;
    this.#round = round;
    this.maps = new PhaseTurn("map", job.map, () => this.#stragglers("map"));
    this.#reduces = new PhaseTurn("reduce", job.reduce, () => this.#stragglers("reduce"));
  }

  /** Slots that it has, or will have when the round is over. */
  get held(): number {
    return this.maps.held + this.#reduces.held;
  }

  /** What it runs next, in a slot that is free; undefined if nothing in this round. */
  next(): AssignTask | undefined {
    return (
      this.#backup(this.maps, true) ??
      this.#backup(this.#reduces, true) ??
      this.#earlyReduce() ??
      this.#map() ??
      // Before reduces, which wait for the same map and would do nothing but hold the slot.
      this.#backup(this.maps, false) ??
      this.#lateReduce() ??
      this.#backup(this.#reduces, false)
    );
  }

  /**
   * Where no other task waits, the backups of maps for which there is no slot in this round: for each,
   * the workers where it cannot go.
   */
  backupsWithoutRoom(): (readonly WorkerId[])[] {
    const { maps } = this;
    const { free, backupsLeft } = this.#round;
    if (maps.waiting > 0 || !this.#mayBackUp(maps)) return [];
    return maps.withoutBackup
      .map(({ attempt }) => unfitForBackup(attempt, maps.phase.tasks[attempt.task]!))
      .filter((unfit) => free.roomiest(unfit) === undefined)
      .slice(0, backupsLeft);
  }

  #map(): AssignTask | undefined {
    const retry = this.#retry(this.maps, () => undefined);
    if (retry !== undefined) return retry;
    const { nearMaps } = this.#memory;
    if (nearMaps === undefined) return this.#assign(this.maps, this.maps.nextFresh(), undefined);
    if (this.maps.waiting === 0) return undefined;
    const { free, nowMs } = this.#round;
    this.#nearMaps ??= new NearMapsRound(nearMaps, this.job.map.fresh, free, nowMs);
    const place = this.#nearMaps.next();
    return place && this.#assign(this.maps, place.task, place.worker);
  }

  #earlyReduce(): AssignTask | undefined {
    if (this.maps.waiting === 0) return undefined;
    const allowed = Math.floor((this.held + 1) * EARLY_REDUCES_SHARE);
    return this.#reduces.held < allowed ? this.#reduce() : undefined;
  }

  #lateReduce(): AssignTask | undefined {
    return this.maps.waiting > 0 ? undefined : this.#reduce();
  }

  #reduce(): AssignTask | undefined {
    const { map, mapsBeforeReduces, id } = this.job;
    if (map.completed < mapsBeforeReduces) return undefined;
    const nearest = (task: number) => nearestWorker(id, taskIndex(task), this.#round);
    const retry = this.#retry(this.#reduces, nearest);
    if (retry !== undefined) return retry;
    const task = this.#reduces.nextFresh();
    return task < 0 ? undefined : this.#assign(this.#reduces, task, nearest(task));
  }

  /** The first of the tasks that were tried before for which there is a place. */
  #retry(
    turn: PhaseTurn,
    preferred: (task: number) => WorkerState | undefined,
  ): AssignTask | undefined {
    for (let task = turn.nextRetry(); task >= 0; task = turn.nextRetry()) {
      const command = this.#assign(turn, task, preferred(task));
      if (command !== undefined) return command;
      turn.holdsBack(task);
    }
    return undefined;
  }

  /** Gives an idle task to the preferred worker, else to the roomiest; best where it never failed. */
  #assign(
    turn: PhaseTurn,
    task: number,
    preferred: WorkerState | undefined,
  ): AssignTask | undefined {
    if (task < 0) return undefined;
    const { free } = this.#round;
    const state = turn.phase.tasks[task];
    const avoided = triedInVain(state);
    const worker =
      preferred !== undefined && !avoided.includes(preferred.id)
        ? preferred
        : (free.roomiest(avoided) ?? free.roomiest(this.#barred(state)));
    if (worker === undefined) return undefined;
    turn.took(task);
    return this.#command(turn.name, taskIndex(task), state, worker, false);
  }

  /**
   * The workers on which a task was tried in vain again and again, as on one whose disk is full: as long
   * as there is another one, the task waits for that. So no machine that is sick fails a job by itself.
   */
  #barred(task: TaskState | undefined): readonly WorkerId[] {
    const tried = triedInVain(task);
    if (tried.length === 0) return NOWHERE;
    const { attemptsMax } = this.job.limits;
    const triesMax = Math.min(TRIES_IN_VAIN_MAX, attemptsMax / 2);
    const barred = tried.filter((id) => tried.filter((each) => each === id).length >= triesMax);
    const { state, liveness } = this.#round;
    for (const { id, name } of state.workers.live.values()) {
      if (!barred.includes(id) && !liveness.excluded.has(name)) return barred;
    }
    return NOWHERE;
  }

  /** A second attempt for a slow one: for those far behind at any time, else when no task waits. */
  #backup(turn: PhaseTurn, mustBeFarBehind: boolean): AssignTask | undefined {
    const round = this.#round;
    if (!this.#mayBackUp(turn)) return undefined;
    if (!mustBeFarBehind && turn.waiting > 0) return undefined;
    let straggler = turn.nextStraggler(mustBeFarBehind);
    while (straggler !== undefined) {
      const { attempt } = straggler;
      const task = turn.phase.tasks[attempt.task]!;
      const worker = round.free.roomiest(unfitForBackup(attempt, task));
      if (worker !== undefined) {
        turn.backsUp(task.index);
        round.backupsLeft--;
        return this.#command(turn.name, task.index, task, worker, true);
      }
      straggler = turn.nextStraggler(mustBeFarBehind);
    }
    return undefined;
  }

  #mayBackUp({ name, held }: PhaseTurn): boolean {
    const { speculation, map } = this.job;
    if (!speculation || this.#round.backupsLeft <= 0 || held === 0) return false;
    // A reduce that waits for maps is not slow.
    return name === "map" || map.completed === map.count;
  }

  #stragglers(phase: Phase): readonly Straggler[] {
    const { nowMs, liveness } = this.#round;
    if (liveness.pace === undefined) return [];
    const seen = this.#memory.stragglers[phase];
    if (nowMs - seen.seenMs >= STRAGGLERS_INTERVAL_MS) {
      seen.seenMs = nowMs;
      seen.attempts = findStragglers(this.job, phase, liveness.pace, nowMs);
    }
    return seen.attempts;
  }

  #command(
    phase: Phase,
    task: TaskIndex,
    state: TaskState | undefined,
    { id: worker }: WorkerState,
    backup: boolean,
  ): AssignTask {
    const attempt = state?.nextAttempt ?? attemptNumber(0);
    return { type: "assign-task", job: this.job.id, phase, task, attempt, worker, backup };
  }
}

/** Where a second attempt beside this one cannot go, or is not likely to do better. */
function unfitForBackup({ worker }: AttemptState, task: TaskState): readonly WorkerId[] {
  return [worker, ...triedInVain(task)];
}

/** The workers on which attempts of a task have failed, or got lost. */
function triedInVain(task: TaskState | undefined): readonly WorkerId[] {
  if (task === undefined) return NOWHERE;
  return task.attempts
    .filter(({ state }) => state === "failed" || state === "lost")
    .map(({ worker }) => worker);
}
