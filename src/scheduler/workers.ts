/**
 * Lives of workers: how one begins, how it ends, and what is remembered of those that have ended, so
 * that a zombie can be told why it is one.
 */

import type { WorkerId, WorkerName } from "../base/ids.ts";
import type { RegisterWorker } from "./command.ts";
import { blameForDeath } from "./failures.ts";
import type { PastLife, SchedulerState, WorkerState, WorkerTable } from "./state.ts";
import type { Transition } from "./transition.ts";

/** Lives of one worker by which a zombie of it is known. */
const PAST_LIVES_MAX = 16;
/** Workers of which past lives are known: those that were heard of last. */
const PAST_NAMES_MAX = 10_000;

/** What became of a life; `unknown` if it never registered, or too long ago. */
export function standingOf(
  state: SchedulerState,
  worker: WorkerId,
  name: WorkerName,
): "live" | PastLife["how"] | "unknown" {
  const { live, past } = state.workers;
  if (live.has(worker)) return "live";
  return past.get(name)?.find(({ id }) => id === worker)?.how ?? "unknown";
}

export function registerWorker(transition: Transition, command: RegisterWorker): void {
  const { state } = transition;
  const { worker: id, name, slots, address, host, rack } = command;
  // A life that has ended never begins again.
  if (standingOf(state, id, name) !== "unknown") return;
  const before = state.workers.byName.get(name);
  if (before !== undefined) loseWorker(transition, before.id, "superseded");
  const worker: WorkerState = {
    id,
    name,
    slots,
    address,
    host,
    rack,
    running: new Set(),
    outputs: new Map(),
  };
  state.workers.live.set(id, worker);
  state.workers.byName.set(name, worker);
  state.workers.slots += slots;
  transition.effects.push({ type: "worker-registered", worker });
}

export function loseWorker(transition: Transition, id: WorkerId, how: PastLife["how"]): void {
  const { state, effects } = transition;
  const worker = state.workers.live.get(id);
  if (worker === undefined) return;
  state.workers.live.delete(id);
  state.workers.byName.delete(worker.name);
  state.workers.slots -= worker.slots;
  remember(state.workers, worker.name, { id, how });
  effects.push({ type: "worker-lost", worker, how });
  loseAttempts(transition, worker, how);
  loseOutputs(transition, worker);
}

function loseAttempts(transition: Transition, worker: WorkerState, how: PastLife["how"]): void {
  for (const attempt of [...worker.running]) {
    // The job of one may have ended because of another.
    const job = transition.state.active.get(attempt.job);
    if (job === undefined || attempt.state !== "running") continue;
    const task = job[attempt.phase].tasks[attempt.task]!;
    transition.endAttempt(attempt, "lost", "worker-lost");
    transition.putBackIfNoneRuns(job, task, attempt);
    // It is not the task that makes a worker leave.
    const verdict = how === "left" ? undefined : blameForDeath(job, task, attempt);
    if (verdict !== undefined) transition.endJob(job, "failed", verdict);
  }
  worker.running.clear();
}

/** Map outputs were on its disk. What its completed reduces made is in the output already. */
function loseOutputs(transition: Transition, worker: WorkerState): void {
  const outputs = [...worker.outputs.values()].flatMap((ofJob) => [...ofJob]);
  worker.outputs.clear();
  // In the order of assignment, the only one that copies from snapshots know, too.
  outputs.sort((a, b) => a.serial - b.serial);
  for (const output of outputs) {
    const job = transition.state.active.get(output.job);
    if (job !== undefined) transition.loseOutput(job, output);
  }
}

function remember({ past }: WorkerTable, name: WorkerName, life: PastLife): void {
  const lives = past.get(name) ?? [];
  lives.push(life);
  if (lives.length > PAST_LIVES_MAX) lives.shift();
  // Set anew, so that the order of names is that of their last deaths.
  past.delete(name);
  past.set(name, lives);
  if (past.size <= PAST_NAMES_MAX) return;
  const [oldest] = past.keys();
  if (oldest !== undefined) past.delete(oldest);
}
