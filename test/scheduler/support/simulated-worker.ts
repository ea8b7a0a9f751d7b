/**
 * A worker as the scheduler's cluster in virtual time has it: it runs attempts, keeps map outputs,
 * fetches regions, dies, stops and goes on, and comes back as another life.
 */

import type { WorkerId } from "../../../src/base/ids.ts";
import type { FetchFailureReason } from "../../../src/scheduler/fetch-failures.ts";
import type { AttemptRef } from "../../../src/scheduler/state.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What a worker says to whoever leads. */
export interface WorkerEars {
  succeeded(worker: SimulatedWorker, ref: AttemptRef): void;
  failed(worker: SimulatedWorker, ref: AttemptRef): void;
  killed(worker: SimulatedWorker, ref: AttemptRef): void;
  progressed(worker: SimulatedWorker, ref: AttemptRef, share: number): void;
  fetchFailed(worker: SimulatedWorker, map: AttemptRef, reason: FetchFailureReason): void;
  /** The map outputs of a job that are completed, and where they are. */
  locations(ref: AttemptRef): { readonly maps: number; readonly found: readonly Location[] };
  worker(id: WorkerId): SimulatedWorker | undefined;
  canReach(from: SimulatedWorker, to: SimulatedWorker): boolean;
}

export interface Location {
  readonly map: AttemptRef;
  readonly worker: WorkerId;
}

export interface WorkerNature {
  readonly slots: number;
  /** 1 for as fast as it should be. */
  readonly speed: number;
  /** How likely an attempt fails, or an output is gone. */
  readonly failureShare: number;
}

/** How often a running attempt gets on, and says so. */
const STEP_MS = 250;
/** How much work a task is, at full speed; a reduce begins it when it has all regions. */
const WORK_MS = 2000;

interface Running {
  readonly ref: AttemptRef;
  readonly fetched: Set<number>;
  doneMs: number;
  readonly workMs: number;
  readonly fails: boolean;
}

export function keyOf({ job, phase, task, attempt }: AttemptRef): string {
  return `${job} ${phase} ${task} ${attempt}`;
}

/** See the head of this file. */
export class SimulatedWorker {
  readonly id: WorkerId;
  readonly nature: WorkerNature;
  readonly running = new Map<string, Running>();
  /** What ended and is said again and again until it is recorded. */
  readonly ended = new Map<string, { readonly ref: AttemptRef; readonly succeeded: boolean }>();
  readonly outputs = new Set<string>();
  isAlive = true;
  isStopped = false;
  readonly #time: VirtualTime;
  readonly #random: () => number;
  readonly #ears: WorkerEars;

  constructor(
    id: WorkerId,
    nature: WorkerNature,
    time: VirtualTime,
    random: () => number,
    ears: WorkerEars,
  ) {
    this.id = id;
    this.nature = nature;
    this.#time = time;
    this.#random = random;
    this.#ears = ears;
    this.#tick();
  }

  get answers(): boolean {
    return this.isAlive && !this.isStopped;
  }

  knows(ref: AttemptRef): boolean {
    return this.running.has(keyOf(ref)) || this.ended.has(keyOf(ref));
  }

  /** A message from the leader; what a stopped worker is told, it hears when it goes on. */
  assign(ref: AttemptRef): void {
    if (!this.isAlive || this.knows(ref)) return;
    const workMs = WORK_MS * (0.5 + this.#random());
    const fails = this.#random() < this.nature.failureShare;
    this.running.set(keyOf(ref), { ref, fetched: new Set(), doneMs: 0, workMs, fails });
  }

  kill(ref: AttemptRef): void {
    if (!this.answers) return;
    this.running.delete(keyOf(ref));
    this.ended.delete(keyOf(ref));
    this.#ears.killed(this, ref);
  }

  recorded(ref: AttemptRef): void {
    this.ended.delete(keyOf(ref));
  }

  die(): void {
    this.isAlive = false;
    this.running.clear();
    this.ended.clear();
    this.outputs.clear();
  }

  #tick(): void {
    this.#time.after(STEP_MS, () => {
      if (!this.isAlive) return;
      if (!this.isStopped) this.#work();
      this.#tick();
    });
  }

  #work(): void {
    for (const { ref, succeeded } of [...this.ended.values()]) this.#say(ref, succeeded);
    for (const running of [...this.running.values()]) {
      if (running.ref.phase === "reduce" && !this.#fetchAll(running)) continue;
      running.doneMs += STEP_MS * this.nature.speed;
      if (running.doneMs < running.workMs) {
        this.#ears.progressed(this, running.ref, running.doneMs / running.workMs);
      } else this.#end(running);
    }
  }

  #end({ ref, fails }: Running): void {
    this.running.delete(keyOf(ref));
    this.ended.set(keyOf(ref), { ref, succeeded: !fails });
    if (!fails && ref.phase === "map") this.outputs.add(keyOf(ref));
    this.#say(ref, !fails);
  }

  #say(ref: AttemptRef, succeeded: boolean): void {
    if (succeeded) this.#ears.succeeded(this, ref);
    else this.#ears.failed(this, ref);
  }

  /** Fetches what there is; true when nothing is missing. */
  #fetchAll({ ref, fetched }: Running): boolean {
    const { maps, found } = this.#ears.locations(ref);
    for (const { map, worker: id } of found) {
      if (fetched.has(map.task)) continue;
      const source = this.#ears.worker(id);
      const reason = this.#reasonOf(source, map);
      if (reason === undefined) fetched.add(map.task);
      else if (this.#random() < 0.2) this.#ears.fetchFailed(this, map, reason);
    }
    return fetched.size === maps;
  }

  #reasonOf(source: SimulatedWorker | undefined, map: AttemptRef): FetchFailureReason | undefined {
    if (source === undefined || !source.isAlive) return "unreachable";
    if (source.isStopped || !this.#ears.canReach(this, source)) return "timeout";
    return source.outputs.has(keyOf(map)) ? undefined : "gone";
  }
}
