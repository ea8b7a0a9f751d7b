/**
 * One command's changes: the moves that keep tasks, counts and indices of the state in step, and the
 * effects they have. Every change of a task goes through here, and is announced to snapshots first.
 */

import { assert } from "../base/assert.ts";
import { attemptNumber, type JobId, taskIndex } from "../base/ids.ts";
import type { AssignTask } from "./command.ts";
import type { AttemptEndReason, Effect } from "./effect.ts";
import {
  type AttemptState,
  hasEnded,
  type JobState,
  type JobStatus,
  type Phase,
  type PhaseState,
  phaseOf,
  type SchedulerState,
  type TaskState,
  type Verdict,
  type WorkerState,
} from "./state.ts";

/** Attempts that a task remembers: more than anybody looks at, and a bound on what one may cost. */
const ATTEMPTS_KEPT_MAX = 10;

/** See the head of this file. */
export class Transition {
  readonly state: SchedulerState;
  readonly effects: Effect[] = [];

  constructor(state: SchedulerState) {
    this.state = state;
  }

  /** To be called before anything of a task changes. */
  willChange(job: JobState, phase: Phase, task: number): void {
    for (const observer of this.state.observers) observer.willChange(job, phase, taskIndex(task));
  }

  startAttempt(job: JobState, worker: WorkerState, command: AssignTask): void {
    this.willChange(job, command.phase, command.task);
    const phase = phaseOf(job, command.phase);
    const task = phase.tasks[command.task] ?? firstTime(phase, command.task);
    if (task.state === "idle") {
      phase.fresh.delete(task.index);
      phase.retry.delete(task.index);
      phase.inProgress++;
      task.state = "in-progress";
    }
    const attempt: AttemptState = {
      job: job.id,
      phase: command.phase,
      task: task.index,
      attempt: task.nextAttempt,
      worker: worker.id,
      backup: command.backup,
      serial: this.state.assignments++,
      state: "running",
    };
    task.nextAttempt = attemptNumber(task.nextAttempt + 1);
    // Made anew and by concat(), because arrays that grow take room for 16 more.
    task.attempts = withRoomForOne(task.attempts).concat(attempt);
    phase.attempts++;
    phase.running.add(attempt);
    worker.running.add(attempt);
    this.effects.push({ type: "attempt-assigned", attempt });
  }

  /** An attempt that runs does not run any more. What becomes of its task is the caller's business. */
  endAttempt(
    attempt: AttemptState,
    how: Exclude<AttemptState["state"], "running">,
    why: AttemptEndReason,
  ): void {
    const job = this.state.active.get(attempt.job);
    assert(job !== undefined && attempt.state === "running", "only what runs ends");
    this.willChange(job, attempt.phase, attempt.task);
    attempt.state = how;
    phaseOf(job, attempt.phase).running.delete(attempt);
    this.state.workers.live.get(attempt.worker)?.running.delete(attempt);
    this.effects.push({ type: "attempt-ended", attempt, why });
  }

  /** The task of an attempt that ended without a result waits again, unless another one runs. */
  putBackIfNoneRuns(job: JobState, task: TaskState, { phase }: AttemptState): void {
    if (task.attempts.some(({ state }) => state === "running")) return;
    const { retry } = phaseOf(job, phase);
    task.state = "idle";
    phaseOf(job, phase).inProgress--;
    retry.add(task.index);
  }

  /** The first success of a task wins; whoever else is at it may stop. */
  complete(job: JobState, task: TaskState, winner: AttemptState): void {
    const phase = phaseOf(job, winner.phase);
    this.endAttempt(winner, "succeeded", "reported");
    for (const other of task.attempts) {
      if (other.state === "running") this.endAttempt(other, "killed", "lost-race");
    }
    task.state = "completed";
    phase.inProgress--;
    phase.completed++;
    if (!task.wasCompleted) phase.everCompleted++;
    task.wasCompleted = true;
    if (winner.phase === "map") this.#keepOutput(winner);
    this.effects.push({ type: "task-completed", winner, task });
    if (phase.completed === phase.count) {
      this.effects.push({ type: "phase-completed", job, phase: winner.phase });
    }
  }

  #keepOutput(winner: AttemptState): void {
    const { outputs } = this.state.workers.live.get(winner.worker)!;
    const ofJob = outputs.get(winner.job);
    if (ofJob === undefined) outputs.set(winner.job, new Set([winner]));
    else ofJob.add(winner);
  }

  /** A map that was completed has to run again. */
  loseOutput(job: JobState, winner: AttemptState): void {
    this.willChange(job, "map", winner.task);
    const outputs = this.state.workers.live.get(winner.worker)?.outputs;
    const ofJob = outputs?.get(job.id);
    ofJob?.delete(winner);
    if (ofJob?.size === 0) outputs?.delete(job.id);
    winner.state = "lost";
    job.map.tasks[winner.task]!.state = "idle";
    job.map.completed--;
    job.map.retry.add(winner.task);
    this.effects.push({ type: "map-output-lost", attempt: winner });
  }

  /** The last reduce ends a job, whatever maps have got lost since; without reduces, the last map. */
  endIfDone(job: JobState): void {
    if (hasEnded(job)) return;
    const last = job.reduce.count > 0 ? job.reduce : job.map;
    if (last.completed === last.count) this.endJob(job, "done", undefined);
  }

  endJob(job: JobState, how: Exclude<JobStatus, "running">, verdict: Verdict | undefined): void {
    for (const phase of [job.map, job.reduce]) {
      for (const attempt of [...phase.running]) {
        this.endAttempt(attempt, "killed", "job-ended");
        phase.tasks[attempt.task]!.state = "idle";
      }
      phase.inProgress = 0;
      phase.retry.clear();
      phase.fresh.clear();
    }
    for (const worker of this.state.workers.live.values()) worker.outputs.delete(job.id);
    job.status = how;
    job.verdict = verdict;
    this.state.active.delete(job.id);
    this.effects.push({ type: "job-ended", job });
  }

  /** Takes a job out of the state, if it has ended. */
  forget(id: JobId): void {
    const job = this.state.jobs.get(id);
    if (job === undefined) return;
    if (!hasEnded(job)) this.endJob(job, "cancelled", undefined);
    this.state.jobs.delete(id);
    this.effects.push({ type: "job-forgotten", job: id });
  }
}

/** A task's state is made when it is first attempted. */
function firstTime(phase: PhaseState, index: number): TaskState {
  const task: TaskState = {
    index: taskIndex(index),
    state: "idle",
    wasCompleted: false,
    nextAttempt: attemptNumber(0),
    attempts: [],
    result: undefined,
    skipped: 0,
    trouble: undefined,
  };
  phase.tasks[index] = task;
  phase.attempted++;
  return task;
}

/** Without the oldest that neither runs nor has won, if there are as many as are remembered. */
function withRoomForOne(attempts: readonly AttemptState[]): readonly AttemptState[] {
  if (attempts.length < ATTEMPTS_KEPT_MAX) return attempts;
  const oldest = attempts.find(({ state }) => state !== "running" && state !== "succeeded");
  return attempts.filter((attempt) => attempt !== oldest);
}
