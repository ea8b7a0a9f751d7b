/**
 * The invariants that src/scheduler/state.ts promises, checked the slow way: by looking at every task.
 * Conditions are plain, because they are checked after each of many thousand commands.
 */

import {
  type AttemptState,
  idleCount,
  type JobState,
  type Phase,
  phaseOf,
  type SchedulerState,
  type TaskState,
} from "../../../src/scheduler/state.ts";

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(`It does not hold that ${what}.`);
}

/** Throws if the state breaks one of its promises. */
export function checkInvariants(state: SchedulerState): void {
  const { jobs, active } = state;
  for (const job of jobs.values()) checkJob(state, job);
  const running = [...jobs.values()].filter((job) => job.status === "running");
  must(
    running.length === active.size && running.every((job) => active.get(job.id) === job),
    "the active jobs are those that have not ended",
  );
  checkWorkers(state);
}

function checkWorkers({ workers, active }: SchedulerState): void {
  let slots = 0;
  for (const worker of workers.live.values()) {
    slots += worker.slots;
    must(workers.byName.get(worker.name) === worker, "a live worker is found by its name");
    const past = workers.past.get(worker.name) ?? [];
    must(!past.some(({ id }) => id === worker.id), "a life that is live has not ended");
    for (const attempt of worker.running) {
      must(attempt.state === "running" && attempt.worker === worker.id, "a worker runs its own");
      const phase = active.get(attempt.job)?.[attempt.phase];
      must(phase?.running.has(attempt) === true, "what a worker runs, its job runs");
    }
    for (const [id, outputs] of worker.outputs) {
      must(outputs.size > 0, "only jobs with outputs on a worker are listed there");
      const tasks = active.get(id)?.map.tasks;
      for (const winner of outputs) {
        must(winner.state === "succeeded" && winner.worker === worker.id, "outputs are of winners");
        must(tasks?.[winner.task]?.attempts.includes(winner) === true, "outputs are of a task");
      }
    }
  }
  must(workers.slots === slots, "slots are the sum of the live workers'");
  must(workers.byName.size === workers.live.size, "one life of a name is live");
}

function checkJob(state: SchedulerState, job: JobState): void {
  const hasEnded = job.status !== "running";
  for (const name of ["map", "reduce"] as const) checkPhase(state, job, name);
  if (job.reduce.completed > 0) {
    must(job.map.everCompleted === job.map.count, "a reduce is done only after each map was");
  }
  must(hasEnded || job.verdict === undefined, "a job that runs has no verdict");
  const last = job.reduce.count > 0 ? job.reduce : job.map;
  if (job.status === "done" || !hasEnded) {
    must((last.completed === last.count) === hasEnded, "the last task of all ends the job");
  }
}

function checkPhase(state: SchedulerState, job: JobState, name: Phase): void {
  const phase = phaseOf(job, name);
  const hasEnded = job.status !== "running";
  const counts = { idle: 0, "in-progress": 0, completed: 0 };
  const sums = { ever: 0, attempts: 0, attempted: 0, bad: 0, running: 0 };
  for (let index = 0; index < phase.count; index++) {
    const task = phase.tasks[index];
    counts[task?.state ?? "idle"]++;
    const isRetry = task?.state === "idle";
    must(phase.fresh.has(index) === (!hasEnded && task === undefined), "untouched tasks are fresh");
    must(
      phase.retry.has(index) === (!hasEnded && isRetry),
      "idle ones that were tried are retries",
    );
    if (task === undefined) continue;
    sums.attempts += task.nextAttempt;
    sums.attempted++;
    sums.bad += task.trouble?.skip.length ?? 0;
    if (task.wasCompleted) sums.ever++;
    sums.running += checkTask(state, job, name, task);
  }
  must(phase.inProgress === counts["in-progress"], "tasks in progress are counted");
  must(phase.completed === counts.completed, "completed tasks are counted");
  must(phase.everCompleted === sums.ever, "tasks that ever were completed are counted");
  must(phase.attempts === sums.attempts, "attempts are counted");
  must(phase.attempted === sums.attempted, "attempted tasks are counted");
  must(phase.badRecords === sums.bad, "bad records are counted");
  must(phase.running.size === sums.running, "running attempts are listed");
  must(idleCount(phase) === (hasEnded ? 0 : counts.idle), "idle tasks are listed");
}

/** Answers how many attempts of the task run. */
function checkTask(state: SchedulerState, job: JobState, name: Phase, task: TaskState): number {
  const running = task.attempts.filter((attempt) => attempt.state === "running");
  const winners = task.attempts.filter((attempt) => attempt.state === "succeeded");
  must(task.attempts.length <= 10, "a task remembers few attempts");
  must(running.length > 0 === (task.state === "in-progress"), "in progress is what has attempts");
  must(running.length <= 2, "a task has two attempts at most");
  must(new Set(running.map(workerOf)).size === running.length, "its attempts run apart");
  must(winners.length === (task.state === "completed" ? 1 : 0), "one attempt wins");
  for (const attempt of running) {
    must(phaseOf(job, name).running.has(attempt), "a running attempt is listed by its job");
    const worker = state.workers.live.get(attempt.worker);
    must(worker?.running.has(attempt) === true, "a running attempt is listed by its worker");
  }
  if (name === "map" && job.status === "running") {
    for (const winner of winners) {
      const outputs = state.workers.live.get(winner.worker)?.outputs.get(job.id);
      must(outputs?.has(winner) === true, "the output of a map is listed by its worker");
    }
  }
  return running.length;
}

function workerOf({ worker }: AttemptState): string {
  return worker;
}
