/**
 * How a command changes the state. Deterministic and idempotent: a command that names an attempt
 * which has already ended, a worker that is gone, or a job that is, changes nothing. The rules are
 * the paper's (section 3.3): a lost worker's in-progress tasks and its completed map tasks go back to
 * idle. What a shell must act on is returned.
 */

import { unreachable } from "../base/assert.ts";
import type {
  AssignTask,
  CancelJob,
  Command,
  FailAttempt,
  KillAttempt,
  LoseMapOutput,
  SubmitJob,
  SucceedAttempt,
} from "./command.ts";
import type { Effect } from "./effect.ts";
import { blame } from "./failures.ts";
import {
  type AttemptRef,
  type AttemptState,
  attemptOf,
  type JobState,
  type PhaseState,
  phaseOf,
  type SchedulerState,
  type TaskState,
  untouchedPhase,
  winnerOf,
} from "./state.ts";
import { Transition } from "./transition.ts";
import { loseWorker, registerWorker } from "./workers.ts";

/** Changes `state` by one command, and says what has happened. */
export function apply(state: SchedulerState, command: Command): readonly Effect[] {
  const transition = new Transition(state);
  change(transition, command);
  return transition.effects;
}

function change(transition: Transition, command: Command): void {
  switch (command.type) {
    case "submit-job":
      return submit(transition, command);
    case "register-worker":
      return registerWorker(transition, command);
    case "lose-worker":
      return loseWorker(transition, command.worker, command.hasLeft === true ? "left" : "lost");
    case "assign-task":
      return assign(transition, command);
    case "succeed-attempt":
      return succeed(transition, command);
    case "fail-attempt":
      return fail(transition, command);
    case "kill-attempt":
      return kill(transition, command);
    case "lose-map-output":
      return loseMapOutput(transition, command);
    case "cancel-job":
      return cancel(transition, command);
    case "forget-job":
      return transition.forget(command.job);
    default:
      unreachable(command);
  }
}

function submit(transition: Transition, command: SubmitJob): void {
  const { state } = transition;
  if (state.jobs.has(command.job)) return;
  const { mapTasks, slowStart } = command;
  const job: JobState = {
    id: command.job,
    limits: command.limits,
    priority: command.priority,
    mapsBeforeReduces: shareOf(mapTasks, slowStart),
    speculation: command.speculation,
    mapHosts: command.mapHosts.map(({ label, tasks }) => ({
      label,
      tasks: Uint32Array.from(tasks),
    })),
    status: "running",
    map: untouchedPhase(mapTasks),
    reduce: untouchedPhase(command.reduceTasks),
    skipped: command.skipped,
    verdict: undefined,
  };
  state.jobs.set(job.id, job);
  state.active.set(job.id, job);
  transition.effects.push({ type: "job-submitted", job });
  transition.endIfDone(job);
}

/** A share of so many, rounded up: of 30 a tenth is three, though a double's tenth is a bit more. */
function shareOf(count: number, share: number): number {
  return Math.max(0, Math.min(count, Math.ceil(count * share - 1e-9)));
}

function assign(transition: Transition, command: AssignTask): void {
  const { state } = transition;
  const job = state.active.get(command.job);
  const worker = state.workers.live.get(command.worker);
  if (job === undefined || worker === undefined) return;
  const phase = phaseOf(job, command.phase);
  if (command.task >= phase.count) return;
  if (command.phase === "reduce" && job.map.completed < job.mapsBeforeReduces) return;
  const task = phase.tasks[command.task];
  if (command.attempt !== (task?.nextAttempt ?? 0)) return;
  const mayStart = command.backup ? mayHaveBackup(task, command) : isIdle(task);
  if (mayStart) transition.startAttempt(job, worker, command);
}

function isIdle(task: TaskState | undefined): boolean {
  return task === undefined || task.state === "idle";
}

/** A second attempt, on another worker, and never a third. */
function mayHaveBackup(task: TaskState | undefined, { worker }: AssignTask): boolean {
  if (task?.state !== "in-progress") return false;
  const running = task.attempts.filter((attempt) => attempt.state === "running");
  return running.length === 1 && running[0]!.worker !== worker;
}

function succeed(transition: Transition, command: SucceedAttempt): void {
  const found = findRunning(transition.state, command);
  if (found === undefined) return;
  const { job, task, attempt } = found;
  // A reduce needs a region of each map, so no honest one is done before all maps once were.
  if (command.phase === "reduce" && job.map.everCompleted < job.map.count) return;
  transition.complete(job, task, attempt);
  task.result = command.result;
  // A map that runs again skips what it skipped before.
  job.skipped += command.skipped - task.skipped;
  task.skipped = command.skipped;
  if (command.lastSkipped !== undefined && job.skipped > job.limits.skippedMax) {
    return transition.endJob(job, "failed", {
      phase: command.phase,
      task: task.index,
      attempt: attempt.attempt,
      failure: command.lastSkipped,
      failures: task.trouble?.failures ?? 0,
      occurrences: 1,
      reason: "skipped",
    });
  }
  transition.endIfDone(job);
}

function fail(transition: Transition, command: FailAttempt): void {
  const found = findRunning(transition.state, command);
  if (found === undefined) return;
  const { job, phase, task, attempt } = found;
  transition.endAttempt(attempt, command.failure.kind, "reported");
  transition.putBackIfNoneRuns(job, task, attempt);
  if (command.failure.kind === "lost") return;
  const verdict = blame(job, phase, task, command);
  if (verdict !== undefined) transition.endJob(job, "failed", verdict);
}

function kill(transition: Transition, command: KillAttempt): void {
  const found = findRunning(transition.state, command);
  if (found === undefined) return;
  const { job, task, attempt } = found;
  transition.endAttempt(attempt, "killed", "preempted");
  transition.putBackIfNoneRuns(job, task, attempt);
}

function loseMapOutput(transition: Transition, command: LoseMapOutput): void {
  const job = transition.state.active.get(command.job);
  const winner = winnerOf(job?.map.tasks[command.task]);
  if (job === undefined || winner?.attempt !== command.attempt) return;
  transition.loseOutput(job, winner);
}

function cancel(transition: Transition, command: CancelJob): void {
  const job = transition.state.active.get(command.job);
  if (job !== undefined) transition.endJob(job, "cancelled", undefined);
}

interface RunningAttempt {
  readonly job: JobState;
  readonly phase: PhaseState;
  readonly task: TaskState;
  readonly attempt: AttemptState;
}

/** The attempt and what it belongs to, ready to be changed; undefined unless it runs. */
function findRunning(state: SchedulerState, ref: AttemptRef): RunningAttempt | undefined {
  const attempt = attemptOf(state, ref);
  const job = state.active.get(ref.job);
  if (attempt?.state !== "running" || job === undefined) return undefined;
  const phase = phaseOf(job, ref.phase);
  return { job, phase, task: phase.tasks[ref.task]!, attempt };
}
