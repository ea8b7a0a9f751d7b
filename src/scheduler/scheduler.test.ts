/**
 * The scheduler as a whole: a random world of workers that finish, fail, die and say things twice,
 * driven through plan() and apply(), with the invariants of state.ts checked after every command.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attemptNumber, jobId, taskIndex, type WorkerId, workerId } from "../base/ids.ts";
import type { Failure } from "../job/failure.ts";
import { apply } from "./apply.ts";
import type { AttemptRef, Command } from "./command.ts";
import { plan } from "./plan.ts";
import { emptyState, hasEnded, type JobState, type SchedulerState } from "./state.ts";

const JOB = jobId("job");
const WORKERS = ["a", "b", "c"].map(workerId);

function failure(message: string, ordinal?: number, kind: "failed" | "lost" = "failed"): Failure {
  const record =
    ordinal === undefined ? undefined : { ordinal, file: "f", offset: ordinal, excerpt: "" };
  return { kind, code: "USER_CODE", message, stack: "", codeFrame: undefined, record, logTail: "" };
}

function submitted(mapTasks: number, reduceTasks: number, limits = {}): SchedulerState {
  const state = emptyState();
  apply(state, {
    type: "submit-job",
    skipped: 0,
    job: JOB,
    mapTasks,
    reduceTasks,
    limits: { attemptsMax: 4, skippedMax: 0, ...limits },
  });
  return state;
}

function jobOf(state: SchedulerState): JobState {
  return state.jobs.get(JOB)!;
}

/** Plans and applies with every worker as free as its running attempts leave it. */
function assignAll(
  state: SchedulerState,
  alive: readonly WorkerId[] = WORKERS,
  slots = 2,
): AttemptRef[] {
  const running = runningAttempts(state);
  const workers = alive.map((id) => ({
    id,
    free: slots - running.filter((attempt) => attempt.worker === id).length,
  }));
  const commands = plan(state, { workers });
  for (const command of commands) apply(state, command);
  return commands;
}

function runningAttempts(state: SchedulerState): (AttemptRef & { worker: WorkerId })[] {
  const job = jobOf(state);
  return (["map", "reduce"] as const).flatMap((phase) =>
    job[phase].tasks.flatMap((task) =>
      task.attempts
        .filter((attempt) => attempt.state === "running")
        .map(({ number, worker }) => ({
          job: JOB,
          phase,
          task: task.index,
          attempt: number,
          worker,
        })),
    ),
  );
}

function succeed(ref: AttemptRef): Command {
  const { job, phase, task, attempt } = ref;
  const result = `${phase} ${task} ${attempt}`;
  return {
    type: "succeed-attempt",
    job,
    phase,
    task,
    attempt,
    result,
    skipped: 0,
    lastSkipped: undefined,
  };
}

function fail(ref: AttemptRef, failed: Failure, fatal = false): Command {
  const { job, phase, task, attempt } = ref;
  return { type: "fail-attempt", job, phase, task, attempt, failure: failed, fatal };
}

/** The invariants that state.ts promises. */
function checkInvariants(job: JobState): void {
  for (const phase of [job.map, job.reduce]) {
    const completed = phase.tasks.filter((task) => task.state === "completed");
    expect(phase.completed).toBe(completed.length);
    for (const task of phase.tasks) {
      const running = task.attempts.filter((attempt) => attempt.state === "running").length;
      const succeeded = task.attempts.filter((attempt) => attempt.state === "succeeded").length;
      expect(running).toBe(task.state === "in-progress" ? 1 : 0);
      expect(succeeded).toBe(task.state === "completed" ? 1 : 0);
      expect(task.attempts.map((attempt) => attempt.number)).toEqual([...task.attempts.keys()]);
    }
    const idle = phase.tasks.filter((task) => task.state === "idle").map((task) => task.index);
    if (!hasEnded(job)) expect([...phase.idle].sort((a, b) => a - b)).toEqual(idle);
  }
  if (job.phase === "reduce") expect(job.map.completed).toBe(job.map.tasks.length);
  if (job.phase === "map" || job.phase === "failed" || job.phase === "cancelled") {
    expect(job.phase !== "map" || job.map.completed < job.map.tasks.length).toBe(true);
  }
}

/** One thing that the world does, by numbers that are taken modulo what there is. */
const happening = fc.record({
  what: fc.constantFrom("succeed", "succeed", "succeed", "fail", "lose", "kill-worker", "repeat"),
  which: fc.nat(1000),
});

describe("the scheduler", () => {
  it("keeps its invariants, and completes every task once nothing fails any more", () => {
    fc.assert(
      fc.property(
        fc.nat(6),
        fc.nat(4),
        fc.array(happening, { maxLength: 60 }),
        (maps, reduces, world) => {
          const state = submitted(maps, reduces, { attemptsMax: 1000 });
          const said: Command[] = [];
          for (const { what, which } of world) {
            assignAll(state);
            checkInvariants(jobOf(state));
            const running = runningAttempts(state);
            const ref = running[which % Math.max(1, running.length)];
            let command: Command | undefined;
            if (what === "kill-worker") {
              command = { type: "lose-worker", worker: WORKERS[which % WORKERS.length]! };
            } else if (what === "repeat") {
              command = said[which % Math.max(1, said.length)];
            } else if (ref !== undefined) {
              if (what === "succeed") command = succeed(ref);
              else
                command = fail(ref, failure("no", undefined, what === "lose" ? "lost" : "failed"));
            }
            if (command === undefined) continue;
            said.push(command);
            apply(state, command);
            checkInvariants(jobOf(state));
          }
          for (let turns = 0; !hasEnded(jobOf(state)); turns++) {
            expect(turns).toBeLessThan(100);
            for (const ref of assignAll(state)) apply(state, succeed(ref));
            for (const ref of runningAttempts(state)) apply(state, succeed(ref));
          }
          expect(jobOf(state).phase).toBe("done");
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is deterministic: the same commands give equal states", () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (world) => {
        const log: Command[] = [
          {
            type: "submit-job",
            skipped: 0,
            job: JOB,
            mapTasks: 4,
            reduceTasks: 3,
            limits: { attemptsMax: 4, skippedMax: 2 },
          },
        ];
        const state = emptyState();
        apply(state, log[0]!);
        for (const { what, which } of world) {
          if (jobOf(state).phase === "failed") break;
          log.push(...(assignAll(state) as unknown as Command[]));
          const running = runningAttempts(state);
          const ref = running[which % Math.max(1, running.length)];
          if (ref === undefined) continue;
          const command = what === "fail" ? fail(ref, failure("no", which % 3)) : succeed(ref);
          log.push(command);
          apply(state, command);
        }
        const replayed = emptyState();
        // Twice each: a command that has had its effect has none.
        for (const command of log) for (let i = 0; i < 2; i++) apply(replayed, command);
        expect(replayed).toEqual(state);
      }),
      { numRuns: 200 },
    );
  });

  it("assigns no reduce before the last map is completed", () => {
    const state = submitted(2, 1);
    const [first, second] = assignAll(state);
    apply(state, succeed(first!));
    expect(assignAll(state)).toEqual([]);
    apply(state, succeed(second!));
    expect(assignAll(state).map(({ phase }) => phase)).toEqual(["reduce"]);
  });

  it("fails a job after so many failed attempts of one task, and says how often the failure occurred", () => {
    const state = submitted(1, 1, { attemptsMax: 4 });
    for (const message of ["b", "a", "a", "a"])
      apply(state, fail(assignAll(state)[0]!, failure(message)));
    expect(jobOf(state).phase).toBe("failed");
    expect(jobOf(state).verdict).toMatchObject({ failures: 4, occurrences: 3, reason: "attempts" });
  });

  it("does not count lost attempts against a task", () => {
    const state = submitted(1, 1, { attemptsMax: 2 });
    for (let i = 0; i < 20; i++)
      apply(state, fail(assignAll(state)[0]!, failure("gone", 0, "lost")));
    expect(jobOf(state).phase).toBe("map");
  });

  it("fails a job at once for what trying again cannot mend", () => {
    const state = submitted(2, 1);
    apply(state, fail(assignAll(state)[0]!, failure("disk full"), true));
    expect(jobOf(state)).toMatchObject({ phase: "failed", verdict: { reason: "fatal" } });
    expect(runningAttempts(state)).toEqual([]);
  });

  it("takes back the completed maps of a lost worker, and none of its completed reduces", () => {
    const state = submitted(2, 2);
    for (const ref of assignAll(state, [workerId("a")], 9)) apply(state, succeed(ref));
    apply(state, succeed(assignAll(state, [workerId("a")], 1)[0]!));
    apply(state, { type: "lose-worker", worker: workerId("a") });
    const job = jobOf(state);
    expect(job.phase).toBe("map");
    expect(job.map.completed).toBe(0);
    expect(job.reduce.completed).toBe(1);
    expect(job.reduce.tasks[0]!.result).toBe("reduce 0 0");
  });

  it("skips a record at which two attempts failed, and starts to count anew", () => {
    const state = submitted(1, 0, { attemptsMax: 3, skippedMax: 2 });
    for (const ordinal of [7, 7, 9, 9])
      apply(state, fail(assignAll(state)[0]!, failure("bad", ordinal)));
    const job = jobOf(state);
    expect(job.phase).toBe("map");
    expect(job.skipped).toBe(2);
    expect(job.map.tasks[0]!.skip.map(({ ordinal }) => ordinal)).toEqual([7, 9]);
    for (const ordinal of [11, 11])
      apply(state, fail(assignAll(state)[0]!, failure("bad", ordinal)));
    expect(job).toMatchObject({ phase: "failed", verdict: { reason: "skipped" } });
  });

  it("drops what an attempt says after its worker was lost", () => {
    const state = submitted(1, 0);
    const [zombie] = assignAll(state, [workerId("a")]);
    apply(state, { type: "lose-worker", worker: workerId("a") });
    apply(state, succeed(zombie!));
    expect(jobOf(state).map.tasks[0]!.state).toBe("idle");
    const [next] = assignAll(state, [workerId("b")]);
    apply(state, succeed(zombie!));
    expect(jobOf(state).phase).toBe("map");
    apply(state, succeed(next!));
    expect(jobOf(state)).toMatchObject({ phase: "done", map: { tasks: [{ result: "map 0 1" }] } });
  });

  it("ignores commands about what does not exist", () => {
    const state = submitted(1, 1);
    const before = structuredClone(jobOf(state));
    const nowhere: AttemptRef = {
      job: JOB,
      phase: "map",
      task: taskIndex(9),
      attempt: attemptNumber(0),
    };
    apply(state, succeed(nowhere));
    apply(state, fail({ ...nowhere, job: jobId("other") }, failure("no")));
    apply(state, { type: "cancel-job", job: jobId("other") });
    expect(jobOf(state)).toEqual(before);
  });
});
