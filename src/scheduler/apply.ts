/**
 * How a command changes the state. Deterministic and idempotent: a command that names an attempt
 * which has already ended, or a job that is gone, changes nothing. The rules are the paper's
 * (section 3.3): a lost worker's in-progress tasks and its completed map tasks go back to idle.
 */

import { assert, unreachable } from "../base/assert.ts";
import { taskIndex } from "../base/ids.ts";
import type {
  AssignTask,
  AttemptRef,
  Command,
  FailAttempt,
  LoseWorker,
  SubmitJob,
  SucceedAttempt,
} from "./command.ts";
import {
  type AttemptState,
  hasEnded,
  type JobState,
  type PhaseState,
  phaseOf,
  type SchedulerState,
  type TaskState,
  type Verdict,
} from "./state.ts";

/** Failures at one record before it counts as bad and is skipped. */
const FAILURES_OF_A_BAD_RECORD = 2;

/** Changes `state` by one command. */
export function apply(state: SchedulerState, command: Command): void {
  switch (command.type) {
    case "submit-job":
      return submit(state, command);
    case "assign-task":
      return assign(state, command);
    case "succeed-attempt":
      return succeed(state, command);
    case "fail-attempt":
      return fail(state, command);
    case "lose-map-output": {
      const job = state.jobs.get(command.job);
      const task = job?.map.tasks[command.task];
      if (job === undefined || hasEnded(job) || task?.state !== "completed") return;
      const winner = task.attempts.find((attempt) => attempt.state === "succeeded");
      if (winner?.number === command.attempt) loseOutput(job, task, winner);
      return;
    }
    case "lose-worker":
      return loseWorker(state, command);
    case "cancel-job": {
      const job = state.jobs.get(command.job);
      if (job !== undefined && !hasEnded(job)) end(job, "cancelled", undefined);
      return;
    }
    case "forget-job":
      state.jobs.delete(command.job);
      return;
    default:
      unreachable(command);
  }
}

function submit(state: SchedulerState, command: SubmitJob): void {
  if (state.jobs.has(command.job)) return;
  const job: JobState = {
    id: command.job,
    limits: command.limits,
    phase: "map",
    map: idlePhase(command.mapTasks),
    reduce: idlePhase(command.reduceTasks),
    skipped: command.skipped,
    verdict: undefined,
  };
  state.jobs.set(command.job, job);
  advance(job);
}

function idlePhase(count: number): PhaseState {
  const tasks = Array.from(
    { length: count },
    (_, index): TaskState => ({
      index: taskIndex(index),
      state: "idle",
      attempts: [],
      failures: 0,
      failureMessages: new Map(),
      skip: [],
      suspects: new Map(),
      result: undefined,
    }),
  );
  return { tasks, idle: tasks.map((task) => task.index), completed: 0 };
}

function assign(state: SchedulerState, command: AssignTask): void {
  const job = state.jobs.get(command.job);
  if (job === undefined || job.phase !== command.phase) return;
  const phase = phaseOf(job, command.phase);
  const task = phase.tasks[command.task];
  if (task === undefined || task.state !== "idle" || task.attempts.length !== command.attempt)
    return;
  task.attempts.push({ number: command.attempt, worker: command.worker, state: "running" });
  task.state = "in-progress";
  // Planning takes from the front, so this is the front but for a command from an older leader.
  const place = phase.idle.indexOf(command.task);
  assert(place >= 0, "an idle task is listed as idle");
  phase.idle.splice(place, 1);
}

function succeed(state: SchedulerState, command: SucceedAttempt): void {
  const found = findRunning(state, command);
  if (found === undefined) return;
  const { job, phase, task, attempt } = found;
  attempt.state = "succeeded";
  task.state = "completed";
  task.result = command.result;
  phase.completed++;
  job.skipped += command.skipped;
  if (command.lastSkipped !== undefined && job.skipped > job.limits.skippedMax) {
    return end(job, "failed", {
      phase: command.phase,
      task: task.index,
      attempt: attempt.number,
      failure: command.lastSkipped,
      failures: task.failures,
      occurrences: 1,
      reason: "skipped",
    });
  }
  advance(job);
}

function fail(state: SchedulerState, command: FailAttempt): void {
  const found = findRunning(state, command);
  if (found === undefined) return;
  const { job, phase, task, attempt } = found;
  const { failure } = command;
  attempt.state = failure.kind;
  putBack(phase, task);
  if (failure.kind === "lost") return;
  task.failures++;
  const occurrences = (task.failureMessages.get(failure.message) ?? 0) + 1;
  task.failureMessages.set(failure.message, occurrences);
  const verdict = (reason: Verdict["reason"]): Verdict => ({
    phase: command.phase,
    task: task.index,
    attempt: attempt.number,
    failure,
    failures: task.failures,
    occurrences,
    reason,
  });
  if (failure.code === "TOO_MANY_BAD_RECORDS") return end(job, "failed", verdict("skipped"));
  const isSkippable = job.limits.skippedMax > 0 && failure.record !== undefined;
  if (command.fatal && !isSkippable) return end(job, "failed", verdict("fatal"));
  if (isSkippable) {
    const { ordinal } = failure.record;
    const times = (task.suspects.get(ordinal) ?? 0) + 1;
    task.suspects.set(ordinal, times);
    if (times >= FAILURES_OF_A_BAD_RECORD) {
      job.skipped++;
      if (job.skipped > job.limits.skippedMax) return end(job, "failed", verdict("skipped"));
      task.skip.push({ ordinal, error: failure.message });
      task.suspects.delete(ordinal);
      task.failures = 0;
      return;
    }
  }
  if (task.failures >= job.limits.attemptsMax) end(job, "failed", verdict("attempts"));
}

function loseWorker(state: SchedulerState, command: LoseWorker): void {
  for (const job of state.jobs.values()) {
    if (hasEnded(job)) continue;
    for (const phase of [job.map, job.reduce]) {
      for (const task of phase.tasks) {
        const last = task.attempts.at(-1);
        if (last === undefined || last.worker !== command.worker) continue;
        if (task.state === "in-progress") {
          last.state = "lost";
          putBack(phase, task);
        } else if (task.state === "completed" && phase === job.map) {
          // Its regions were on the worker's disk. A completed reduce is in the output already.
          loseOutput(job, task, last);
        }
      }
    }
  }
}

/** The output of a completed map task is out of reach. */
function loseOutput(job: JobState, task: TaskState, winner: AttemptState): void {
  winner.state = "lost";
  task.result = undefined;
  job.map.completed--;
  putBack(job.map, task);
  job.phase = "map";
}

/** Back to idle, ahead of the tasks that were never tried: retries find bad news early. */
function putBack(phase: PhaseState, task: TaskState): void {
  task.state = "idle";
  phase.idle.unshift(task.index);
}

interface RunningAttempt {
  readonly job: JobState;
  readonly phase: PhaseState;
  readonly task: TaskState;
  readonly attempt: AttemptState;
}

function findRunning(state: SchedulerState, ref: AttemptRef): RunningAttempt | undefined {
  const job = state.jobs.get(ref.job);
  if (job === undefined || hasEnded(job)) return undefined;
  const phase = phaseOf(job, ref.phase);
  const task = phase.tasks[ref.task];
  const attempt = task?.attempts[ref.attempt];
  if (task?.state !== "in-progress" || attempt?.state !== "running") return undefined;
  return { job, phase, task, attempt };
}

/** Moves on when a phase is complete; a phase without tasks is complete from the start. */
function advance(job: JobState): void {
  if (job.phase === "map" && job.map.completed === job.map.tasks.length) job.phase = "reduce";
  if (job.phase === "reduce" && job.reduce.completed === job.reduce.tasks.length)
    job.phase = "done";
}

function end(job: JobState, how: "failed" | "cancelled", verdict: Verdict | undefined): void {
  job.phase = how;
  job.verdict = verdict;
  for (const phase of [job.map, job.reduce]) {
    for (const task of phase.tasks) {
      if (task.state !== "in-progress") continue;
      for (const attempt of task.attempts)
        if (attempt.state === "running") attempt.state = "killed";
      task.state = "idle";
    }
    phase.idle.length = 0;
  }
}
