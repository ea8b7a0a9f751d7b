/**
 * A cluster in virtual time: one leader after the other on the same log, workers that come and go,
 * delays everywhere, and the scheduler with all that belongs to it. A seed fixes everything.
 */

import { type WorkerId, type WorkerName, workerId, workerName } from "../../../src/base/ids.ts";
import { seededRandom } from "../../../src/raft/seeded-random.ts";
import { apply } from "../../../src/scheduler/apply.ts";
import { AttemptClock } from "../../../src/scheduler/attempt-clock.ts";
import type { Command } from "../../../src/scheduler/command.ts";
import type { Effect } from "../../../src/scheduler/effect.ts";
import { Exclusion, type Incident } from "../../../src/scheduler/exclusion.ts";
import { type FetchFailureReason, FetchFailures } from "../../../src/scheduler/fetch-failures.ts";
import { PlanMemory } from "../../../src/scheduler/plan/memory.ts";
import { PLAN_INTERVAL_MS, plan } from "../../../src/scheduler/plan.ts";
import {
  type AttemptRef,
  attemptOf,
  emptyState,
  type SchedulerState,
  winnerOf,
} from "../../../src/scheduler/state.ts";
import { standingOf } from "../../../src/scheduler/workers.ts";
import { fail, failure, lose, loseOutput, register, succeed } from "./commands.ts";
import { checkInvariants } from "./invariants.ts";
import { keyOf, SimulatedWorker, type WorkerEars, type WorkerNature } from "./simulated-worker.ts";
import { decoded, encoded } from "./snapshots.ts";
import { VirtualTime } from "./virtual-time.ts";

const PING_TIMEOUT_MS = 5000;
const GOOD: WorkerNature = { slots: 2, speed: 1, failureShare: 0 };

/** What belongs to one leader and goes with it. */
class Leadership {
  readonly memory = new PlanMemory();
  readonly exclusion = new Exclusion();
  readonly fetchFailures = new FetchFailures();
  readonly clock: AttemptClock;
  /** Attempts that take a slot, as far as the leader knows. */
  readonly busy = new Map<WorkerId, Set<string>>();
  commandsPlanned = 0;
  isOver = false;

  constructor(state: SchedulerState) {
    this.clock = new AttemptClock(state);
  }
}

/** How often things have happened, by their names. */
export type Sightings = Map<string, number>;

/** See the head of this file. */
export class SimulatedCluster implements WorkerEars {
  readonly time = new VirtualTime();
  readonly sightings: Sightings;
  readonly random: () => number;
  state = emptyState();
  readonly #workers = new Map<WorkerId, SimulatedWorker>();
  readonly #natures = new Map<string, WorkerNature>();
  readonly #present = new Map<string, SimulatedWorker>();
  readonly #cut = new Set<string>();
  readonly #winners = new Map<string, number>();
  #leader = new Leadership(this.state);
  #lives = 0;
  #committedMs = 0;

  constructor(
    seed: number,
    natures: Readonly<Record<string, Partial<WorkerNature>>>,
    sightings: Sightings = new Map(),
  ) {
    this.random = seededRandom(seed);
    this.sightings = sightings;
    for (const [name, nature] of Object.entries(natures)) {
      this.#natures.set(name, { ...GOOD, ...nature });
      this.begin(name);
    }
    this.#keepPlanning();
  }

  /** The names of the workers, whether they are up or not. */
  get names(): string[] {
    return [...this.#natures.keys()];
  }

  /** Lets time pass until it holds, or so much of it is over. */
  runUntil(holds: () => boolean, withinMs: number): boolean {
    const endMs = this.time.nowMs + withinMs;
    while (!holds()) if (this.time.nowMs > endMs || !this.time.step()) return false;
    return true;
  }

  get allJobsEnded(): boolean {
    return this.state.active.size === 0;
  }

  /** How many workers are excluded now. */
  get excluded(): WorkerName[] {
    const names = [...this.state.workers.byName.keys()];
    return this.#leader.exclusion.excluded(names, this.time.nowMs).map(({ worker }) => worker);
  }

  // What may happen to a worker

  /** It begins a new life, if it is down. */
  begin(name: string): void {
    if (this.#present.get(name)?.isAlive === true) return;
    const id = workerId(`${name}#${this.#lives++}`);
    const worker = new SimulatedWorker(id, this.#natures.get(name)!, this.time, this.random, this);
    this.#workers.set(id, worker);
    this.#present.set(name, worker);
    this.propose(register(id, worker.nature.slots, { host: name }));
  }

  /** It dies, and somebody notices after a while. */
  die(name: string): void {
    const worker = this.#present.get(name)!;
    worker.die();
    this.time.after(PING_TIMEOUT_MS, () => this.#giveUp(worker));
  }

  stop(name: string): void {
    const worker = this.#present.get(name)!;
    if (!worker.answers) return;
    worker.isStopped = true;
    this.time.after(PING_TIMEOUT_MS, () => {
      if (worker.isStopped) this.#giveUp(worker);
    });
  }

  /** It goes on; if it was given up meanwhile, it is a zombie until it learns so, and begins anew. */
  goOn(name: string): void {
    const worker = this.#present.get(name)!;
    if (!worker.isAlive) return this.begin(name);
    worker.isStopped = false;
    this.time.after(this.random() * 3000, () => {
      if (standingOf(this.state, worker.id, workerName(name)) !== "lost") return;
      worker.die();
      this.begin(name);
    });
  }

  loseOutputs(name: string): void {
    const { outputs } = this.#present.get(name)!;
    for (const output of outputs) if (this.random() < 0.3) outputs.delete(output);
  }

  /** A worker cannot fetch from another one for a while. */
  cutLink(from: string, to: string): void {
    const link = `${from} ${to}`;
    this.#cut.add(link);
    this.time.after(this.random() * 20_000, () => this.#cut.delete(link));
  }

  canReach(from: SimulatedWorker, to: SimulatedWorker): boolean {
    return !this.#cut.has(`${nameOf(from.id)} ${nameOf(to.id)}`);
  }

  /** Another leader takes over, which has read its state from a snapshot. */
  changeLeader(): void {
    this.#saw("leader changed");
    this.#leader.isOver = true;
    const state = decoded(encoded(this.state), 4096);
    this.state = state;
    this.#leader = new Leadership(state);
    for (const { id, running } of [...state.workers.live.values()]) {
      const worker = this.#workers.get(id)!;
      for (const attempt of running) {
        if (worker.knows(attempt)) this.#busy(id).add(keyOf(attempt));
        else this.propose(fail(attempt, failure("unknown", undefined, "lost")));
      }
      for (const [key, { ref }] of worker.running) {
        if (attemptOf(state, ref)?.state === "running") continue;
        this.#busy(id).add(key);
        this.#soon(() => worker.kill(ref));
      }
    }
  }

  // What workers say

  succeeded(worker: SimulatedWorker, ref: AttemptRef): void {
    this.#heard(worker, ref, () => succeed(ref));
  }

  failed(worker: SimulatedWorker, ref: AttemptRef): void {
    this.#heard(worker, ref, () => fail(ref, failure("failed by nature")));
  }

  killed(worker: SimulatedWorker, ref: AttemptRef): void {
    this.#soon(() => this.#busy(worker.id).delete(keyOf(ref)));
  }

  progressed(_worker: SimulatedWorker, ref: AttemptRef, share: number): void {
    const attempt = attemptOf(this.state, ref);
    if (attempt !== undefined) this.#leader.clock.progressed(attempt, share, this.time.nowMs);
  }

  fetchFailed(reducer: SimulatedWorker, map: AttemptRef, reason: FetchFailureReason): void {
    const { job, task, attempt } = map;
    const report = { job, task, attempt, reducer: reducer.id, reason };
    const isLive = (id: WorkerId): boolean => this.#workers.get(id)?.answers === true;
    const winner = winnerOf(this.state.jobs.get(job)?.map.tasks[task]);
    const verdict = this.#leader.fetchFailures.decide(this.state, report, isLive);
    this.#saw(`fetch ${verdict}`);
    if (verdict !== "lost" || winner === undefined) return;
    this.#happened(winner.worker, { kind: "unfetchable", tasks: [`${job} ${task}`] });
    this.propose(loseOutput(map));
  }

  locations(ref: AttemptRef) {
    const map = this.state.jobs.get(ref.job)?.map;
    if (map === undefined) return { maps: Number.POSITIVE_INFINITY, found: [] };
    const found = map.tasks.flatMap((task) => {
      const winner = winnerOf(task);
      return winner === undefined ? [] : [{ map: winner, worker: winner.worker }];
    });
    return { maps: map.count, found };
  }

  worker(id: WorkerId): SimulatedWorker | undefined {
    return this.#workers.get(id);
  }

  // The log

  /** A command is in the log a little later, in its turn. */
  propose(command: Command, then: () => void = () => {}): void {
    // Now and then a disk takes its time.
    const delayMs = this.random() * (this.random() < 0.1 ? 1000 : 20);
    this.#committedMs = Math.max(this.time.nowMs + delayMs, this.#committedMs);
    this.time.after(this.#committedMs - this.time.nowMs, () => {
      const effects = apply(this.state, command);
      checkInvariants(this.state);
      if (effects.length === 0) this.#saw(`${command.type} too late`);
      for (const effect of effects) this.#act(effect);
      then();
    });
  }

  #act(effect: Effect): void {
    this.#leader.clock.take(effect, this.time.nowMs);
    this.#saw(effect.type);
    switch (effect.type) {
      case "attempt-assigned": {
        const { worker: id, backup } = effect.attempt;
        if (backup) this.#saw("backup");
        this.#busy(id).add(keyOf(effect.attempt));
        this.#soon(() => this.#workers.get(id)!.assign(effect.attempt));
        return;
      }
      case "attempt-ended": {
        const { attempt, why } = effect;
        const worker = this.#workers.get(attempt.worker)!;
        this.#saw(`attempt ${attempt.state} ${why}`);
        this.#soon(() => {
          if (attempt.state === "killed") worker.kill(attempt);
          else worker.recorded(attempt);
        });
        if (attempt.state === "succeeded")
          this.#leader.exclusion.succeeded(nameOf(attempt.worker), this.time.nowMs);
        return;
      }
      case "task-completed": {
        return this.#countWinner(effect.winner, 1);
      }
      case "map-output-lost":
        return this.#countWinner(effect.attempt, -1);
      case "worker-lost": {
        this.#saw(`worker ${effect.how}`);
        this.#leader.busy.delete(effect.worker.id);
        const tasks = [...effect.worker.running].map(
          ({ job, phase, task }) => `${job} ${phase} ${task}`,
        );
        this.#happened(effect.worker.id, { kind: "died", tasks });
        return;
      }
    }
  }

  /** How often tasks were completed, less what got lost of it: the most of any task. */
  get mostWinners(): number {
    return Math.max(...this.#winners.values());
  }

  #countWinner({ job, phase, task }: AttemptRef, by: number): void {
    const name = `${job} ${phase} ${task}`;
    this.#winners.set(name, (this.#winners.get(name) ?? 0) + by);
  }

  #heard(worker: SimulatedWorker, ref: AttemptRef, command: () => Command): void {
    const leader = this.#leader;
    this.#soon(() => {
      if (leader.isOver) return;
      this.#busy(worker.id).delete(keyOf(ref));
      const attempt = attemptOf(this.state, ref);
      const isLive = this.state.workers.live.has(worker.id);
      // What a zombie says should not come so far, and does no harm if it does.
      if (!isLive && this.random() < 0.5) return;
      if (attempt?.state !== "running") worker.recorded(ref);
      else if (command().type === "fail-attempt") {
        const { job, phase, task } = ref;
        this.#happened(worker.id, { kind: "failed", tasks: [`${job} ${phase} ${task}`] });
      }
      this.propose(command());
    });
  }

  #keepPlanning(): void {
    this.time.after(PLAN_INTERVAL_MS / 4, () => {
      this.#plan();
      this.#keepPlanning();
    });
  }

  #plan(): void {
    const leader = this.#leader;
    if (leader.commandsPlanned > 0) return;
    const free = new Map<WorkerId, number>();
    for (const { id, slots } of this.state.workers.live.values()) {
      const room = slots - this.#busy(id).size;
      if (room > 0 && this.#workers.get(id)!.answers) free.set(id, room);
    }
    const excluded = new Set(this.excluded);
    if (excluded.size > 0) this.#saw("exclusion");
    const { clock: pace, memory } = leader;
    const unknown = { isReady: undefined, regionShares: undefined };
    const liveness = { free, excluded, pace, memory, ...unknown };
    for (const command of plan(this.state, liveness, this.time.nowMs)) {
      leader.commandsPlanned++;
      this.propose(command, () => leader.commandsPlanned--);
    }
  }

  #giveUp(worker: SimulatedWorker): void {
    if (this.state.workers.live.has(worker.id)) this.propose(lose(worker.id));
  }

  #happened(id: WorkerId, incident: Incident): void {
    this.#leader.exclusion.happened(nameOf(id), incident, this.time.nowMs);
  }

  #busy(id: WorkerId): Set<string> {
    let busy = this.#leader.busy.get(id);
    if (busy === undefined) {
      busy = new Set();
      this.#leader.busy.set(id, busy);
    }
    return busy;
  }

  /** A message takes its time. */
  #soon(act: () => void): void {
    this.time.after(this.random() * 50, act);
  }

  #saw(what: string): void {
    this.sightings.set(what, (this.sightings.get(what) ?? 0) + 1);
  }
}

function nameOf(id: WorkerId): WorkerName {
  return workerName(id.split("#")[0]!);
}
