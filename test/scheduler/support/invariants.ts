/**
 * The invariants that src/scheduler/state.ts promises, checked the slow way: by looking at every task.
 */

import { expect } from "vitest";
import {
  idleCount,
  type JobState,
  phaseOf,
  type SchedulerState,
} from "../../../src/scheduler/state.ts";

/** Throws if the state breaks one of its promises. */
export function checkInvariants(state: SchedulerState): void {
  const { workers, jobs, active } = state;
  for (const job of jobs.values()) checkJob(state, job);
  expect([...active.values()]).toEqual(
    [...jobs.values()].filter((job) => job.status === "running"),
  );
  let slots = 0;
  for (const worker of workers.live.values()) {
    slots += worker.slots;
    expect(workers.byName.get(worker.name)).toBe(worker);
    expect(workers.past.get(worker.name)?.some(({ id }) => id === worker.id) ?? false).toBe(false);
    for (const attempt of worker.running) {
      expect(attempt).toMatchObject({ state: "running", worker: worker.id });
      expect(active.get(attempt.job)![attempt.phase].running.has(attempt)).toBe(true);
    }
    for (const [id, outputs] of worker.outputs) {
      expect(outputs.size).toBeGreaterThan(0);
      const { tasks } = active.get(id)!.map;
      for (const attempt of outputs) {
        expect(attempt).toMatchObject({ state: "succeeded", worker: worker.id, job: id });
        expect(tasks[attempt.task]!.attempts).toContain(attempt);
      }
    }
  }
  expect(workers.slots).toBe(slots);
  expect(workers.byName.size).toBe(workers.live.size);
}

function checkJob(state: SchedulerState, job: JobState): void {
  const ended = job.status !== "running";
  for (const name of ["map", "reduce"] as const) {
    const phase = phaseOf(job, name);
    const counts = { idle: 0, "in-progress": 0, completed: 0 };
    const sums = { ever: 0, attempts: 0, attempted: 0, bad: 0, running: 0 };
    for (let index = 0; index < phase.count; index++) {
      const task = phase.tasks[index];
      const isIdle = task === undefined || task.state === "idle";
      expect(phase.fresh.has(index)).toBe(!ended && task === undefined);
      expect(phase.retry.has(index)).toBe(!ended && task !== undefined && isIdle);
      counts[task?.state ?? "idle"]++;
      if (task === undefined) continue;
      sums.attempts += task.nextAttempt;
      sums.attempted++;
      sums.bad += task.trouble?.skip.length ?? 0;
      if (task.wasCompleted) sums.ever++;
      const running = task.attempts.filter((attempt) => attempt.state === "running");
      const winners = task.attempts.filter((attempt) => attempt.state === "succeeded");
      sums.running += running.length;
      expect(task.attempts.length).toBeLessThanOrEqual(10);
      expect(running.length > 0).toBe(task.state === "in-progress");
      expect(running.length).toBeLessThanOrEqual(2);
      expect(new Set(running.map(({ worker }) => worker)).size).toBe(running.length);
      expect(winners.length).toBe(task.state === "completed" ? 1 : 0);
      for (const attempt of running) {
        expect(phase.running.has(attempt)).toBe(true);
        expect(state.workers.live.get(attempt.worker)?.running.has(attempt)).toBe(true);
      }
      if (name === "map" && !ended) {
        for (const winner of winners) {
          const outputs = state.workers.live.get(winner.worker)?.outputs.get(job.id);
          expect(outputs?.has(winner)).toBe(true);
        }
      }
    }
    expect(phase).toMatchObject({
      inProgress: counts["in-progress"],
      completed: counts.completed,
      everCompleted: sums.ever,
      attempts: sums.attempts,
      attempted: sums.attempted,
      badRecords: sums.bad,
    });
    expect(phase.running.size).toBe(sums.running);
    expect(idleCount(phase)).toBe(ended ? 0 : counts.idle);
    if (ended) expect(phase.running.size).toBe(0);
  }
  if (job.reduce.completed > 0) expect(job.map.everCompleted).toBe(job.map.count);
  if (!ended) expect(job.verdict).toBeUndefined();
  const last = job.reduce.count > 0 ? job.reduce : job.map;
  if (job.status === "done" || !ended) {
    expect(last.completed === last.count).toBe(ended);
  }
}
