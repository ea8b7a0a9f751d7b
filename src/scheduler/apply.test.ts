/**
 * What each command does, and what it does not do when it comes too late. Random sequences of them are
 * in test/scheduler.
 */

import { describe, expect, it } from "vitest";
import {
  assign,
  fail,
  failure,
  JOB,
  kill,
  lose,
  loseOutput,
  ref,
  register,
  submit,
  succeed,
} from "../../test/scheduler/support/commands.ts";
import { checkInvariants } from "../../test/scheduler/support/invariants.ts";
import { jobId, workerId, workerName } from "../base/ids.ts";
import { apply } from "./apply.ts";
import type { Command } from "./command.ts";
import type { Effect } from "./effect.ts";
import { attemptOf, emptyState, type JobState, type SchedulerState } from "./state.ts";
import { standingOf } from "./workers.ts";

/** Three workers of two slots and what the commands make of them. */
function stateAfter(...commands: Command[]): SchedulerState {
  const state = emptyState();
  for (const id of ["a", "b", "c"]) apply(state, register(id));
  run(state, ...commands);
  return state;
}

/** Applies commands one by one, with a look at the invariants, and returns the effects of all. */
function run(state: SchedulerState, ...commands: Command[]): Effect[] {
  return commands.flatMap((command) => {
    const effects = apply(state, command);
    checkInvariants(state);
    return [...effects];
  });
}

/** Effects in short: `attempt-ended map 0 0 killed lost-race`. */
function told(effects: readonly Effect[]): string[] {
  return effects.map((effect) => {
    const attempt =
      effect.type === "task-completed"
        ? effect.winner
        : "attempt" in effect
          ? effect.attempt
          : undefined;
    const words: (string | number)[] = [effect.type];
    if (attempt !== undefined) words.push(attempt.phase, attempt.task, attempt.attempt);
    if (effect.type === "attempt-ended") words.push(effect.attempt.state, effect.why);
    return words.join(" ");
  });
}

function jobOf(state: SchedulerState): JobState {
  return state.jobs.get(JOB)!;
}

function taskOf(state: SchedulerState, phase: "map" | "reduce", index: number) {
  return jobOf(state)[phase].tasks[index]!;
}

/** Runs all maps and then all reduces of the job on a worker, but for the last `left` reduces. */
function completeOn(state: SchedulerState, worker: string, left = 0): void {
  const { map, reduce } = jobOf(state);
  for (let task = 0; task < map.count; task++) complete(state, ref("map", task, 0), worker);
  for (let task = 0; task < reduce.count - left; task++) {
    complete(state, ref("reduce", task, 0), worker);
  }
}

function complete(state: SchedulerState, attempt: ReturnType<typeof ref>, worker: string): void {
  run(state, assign(attempt, worker), succeed(attempt));
}

describe("a job", () => {
  it("is done when its last reduce is completed, and without reduces when its last map is", () => {
    const state = stateAfter(submit(2, 1));
    completeOn(state, "a");
    expect(jobOf(state).status).toBe("done");
    const mapsOnly = stateAfter(submit(2, 0));
    completeOn(mapsOnly, "a");
    expect(jobOf(mapsOnly).status).toBe("done");
  });

  it("without any tasks is done at once", () => {
    expect(told(run(stateAfter(), submit(0, 0)))).toEqual(["job-submitted", "job-ended"]);
  });

  it("is the first of its name", () => {
    const state = stateAfter(submit(2, 1));
    expect(run(state, submit(5, 5))).toEqual([]);
    expect(jobOf(state).map.count).toBe(2);
  });

  it("that is cancelled ends its attempts", () => {
    const state = stateAfter(submit(2, 1), assign(ref("map", 0, 0), "a"));
    expect(told(run(state, { type: "cancel-job", job: JOB }))).toEqual([
      "attempt-ended map 0 0 killed job-ended",
      "job-ended",
    ]);
    expect(run(state, { type: "cancel-job", job: JOB })).toEqual([]);
    expect(run(state, { type: "forget-job", job: JOB })).toEqual([
      { type: "job-forgotten", job: JOB },
    ]);
    expect(state.jobs.size).toBe(0);
  });

  it("that is forgotten while it runs is cancelled first", () => {
    const state = stateAfter(submit(1, 1), assign(ref("map", 0, 0), "a"));
    expect(told(run(state, { type: "forget-job", job: JOB }))).toEqual([
      "attempt-ended map 0 0 killed job-ended",
      "job-ended",
      "job-forgotten",
    ]);
  });

  it("knows of nothing that does not exist", () => {
    const state = stateAfter(submit(1, 1), assign(ref("map", 0, 0), "a"));
    const other = ref("map", 0, 0, jobId("other"));
    const commands = [
      assign(ref("map", 9, 0), "a"),
      assign(ref("map", 0, 7), "a"),
      assign(other, "a"),
      succeed(ref("map", 9, 0)),
      succeed(other),
      fail(ref("map", 0, 5)),
      kill(ref("reduce", 0, 0)),
      loseOutput(ref("map", 0, 0)),
      lose("nobody"),
      { type: "forget-job", job: jobId("other") },
    ] as const;
    for (const command of commands) expect(run(state, command)).toEqual([]);
  });
});

describe("an idle task", () => {
  it("is assigned once", () => {
    const state = stateAfter(submit(1, 0));
    expect(told(run(state, assign(ref("map", 0, 0), "a")))).toEqual(["attempt-assigned map 0 0"]);
    expect(run(state, assign(ref("map", 0, 0), "a"))).toEqual([]);
    expect(run(state, assign(ref("map", 0, 1), "b"))).toEqual([]);
  });

  it("is not assigned to a worker that is gone, or that nobody knows", () => {
    const state = stateAfter(submit(1, 0), lose("a"));
    expect(run(state, assign(ref("map", 0, 0), "a"))).toEqual([]);
    expect(run(state, assign(ref("map", 0, 0), "nobody"))).toEqual([]);
  });

  it("of the reduces waits for the share of the maps that the job wants", () => {
    const state = stateAfter(submit(30, 1, { slowStart: 0.1 }));
    const reduce = assign(ref("reduce", 0, 0), "a");
    for (const task of [0, 1]) complete(state, ref("map", task, 0), "a");
    expect(run(state, reduce)).toEqual([]);
    complete(state, ref("map", 2, 0), "a");
    expect(told(run(state, reduce))).toEqual(["attempt-assigned reduce 0 0"]);
  });

  it("of the reduces may begin before any map, if the job wants that", () => {
    const state = stateAfter(submit(2, 1, { slowStart: 0 }));
    expect(told(run(state, assign(ref("reduce", 0, 0), "a")))).toHaveLength(1);
  });
});

describe("a backup", () => {
  const first = ref("map", 0, 0);
  const second = ref("map", 0, 1);

  it("is the second attempt of a task, on another worker, and never a third", () => {
    const state = stateAfter(submit(1, 1));
    expect(run(state, assign(first, "a", true))).toEqual([]);
    run(state, assign(first, "a"));
    expect(run(state, assign(second, "a", true))).toEqual([]);
    expect(told(run(state, assign(second, "b", true)))).toEqual(["attempt-assigned map 0 1"]);
    expect(run(state, assign(ref("map", 0, 2), "c", true))).toEqual([]);
  });

  it("that is first wins, and the original is killed", () => {
    const state = stateAfter(submit(1, 1), assign(first, "a"), assign(second, "b", true));
    expect(told(run(state, succeed(second)))).toEqual([
      "attempt-ended map 0 1 succeeded reported",
      "attempt-ended map 0 0 killed lost-race",
      "task-completed map 0 1",
      "phase-completed",
    ]);
    expect(run(state, succeed(first))).toEqual([]);
    expect(taskOf(state, "map", 0).result).toBe("map 0 1");
    // The output is where the winner was.
    expect(run(state, lose("a")).map(({ type }) => type)).toEqual(["worker-lost"]);
    expect(told(run(state, lose("b")))).toContain("map-output-lost map 0 1");
  });

  it("that fails leaves the task in progress", () => {
    const state = stateAfter(submit(1, 1), assign(first, "a"), assign(second, "b", true));
    run(state, fail(second));
    expect(taskOf(state, "map", 0).state).toBe("in-progress");
    run(state, kill(first));
    expect(taskOf(state, "map", 0).state).toBe("idle");
  });

  it("may be replaced when its worker dies", () => {
    const state = stateAfter(submit(1, 1), assign(first, "a"), assign(second, "b", true));
    run(state, lose("a"));
    expect(taskOf(state, "map", 0).state).toBe("in-progress");
    expect(told(run(state, assign(ref("map", 0, 2), "c", true)))).toHaveLength(1);
  });

  it("does not count twice what it skips", () => {
    const state = stateAfter(submit(1, 1, { limits: { skippedMax: 9 } }));
    run(
      state,
      assign(first, "a"),
      assign(second, "b", true),
      succeed(second, 3),
      succeed(first, 3),
    );
    expect(jobOf(state).skipped).toBe(3);
  });
});

describe("a failed attempt", () => {
  /** Assigns the only task again and again, and lets it fail with each of these. */
  function failWith(state: SchedulerState, ...failures: ReturnType<typeof failure>[]): void {
    for (const each of failures) {
      const next = ref("map", 0, taskOf(state, "map", 0)?.nextAttempt ?? 0);
      run(state, assign(next, "a"), fail(next, each));
    }
  }

  it("fails the job when a task has so many, and the verdict says how often the failure occurred", () => {
    const state = stateAfter(submit(1, 1, { limits: { attemptsMax: 4 } }));
    failWith(state, ...["b", "a", "a", "a"].map((message) => failure(message)));
    expect(jobOf(state).status).toBe("failed");
    expect(jobOf(state).verdict).toMatchObject({ failures: 4, occurrences: 3, reason: "attempts" });
  });

  it("does not count if it was lost", () => {
    const state = stateAfter(submit(1, 1, { limits: { attemptsMax: 2 } }));
    for (let i = 0; i < 20; i++) failWith(state, failure("gone", 0, "lost"));
    expect(jobOf(state).status).toBe("running");
    expect(taskOf(state, "map", 0).nextAttempt).toBe(20);
  });

  it("fails the job at once if trying again cannot mend it", () => {
    const state = stateAfter(submit(2, 1), assign(ref("map", 0, 0), "a"));
    run(state, assign(ref("map", 1, 0), "b"));
    expect(told(run(state, fail(ref("map", 0, 0), failure("disk full"), true)))).toEqual([
      "attempt-ended map 0 0 failed reported",
      "attempt-ended map 1 0 killed job-ended",
      "job-ended",
    ]);
    expect(jobOf(state)).toMatchObject({ status: "failed", verdict: { reason: "fatal" } });
  });

  it("makes the record bad at which another one failed, and the task starts to count anew", () => {
    const state = stateAfter(submit(1, 0, { limits: { attemptsMax: 3, skippedMax: 2 } }));
    failWith(state, ...[7, 7, 9, 9].map((ordinal) => failure("bad", ordinal)));
    expect(jobOf(state)).toMatchObject({ status: "running", skipped: 2 });
    const skip = taskOf(state, "map", 0).trouble!.skip;
    expect(skip.map(({ ordinal }) => ordinal)).toEqual([7, 9]);
    failWith(state, ...[11, 11].map((ordinal) => failure("bad", ordinal)));
    expect(jobOf(state)).toMatchObject({ status: "failed", verdict: { reason: "skipped" } });
  });

  it("counts a bad record once, though two attempts run on and die of it", () => {
    const state = stateAfter(submit(1, 0, { limits: { attemptsMax: 2, skippedMax: 5 } }));
    const [first, second, third] = [0, 1, 2].map((number) => ref("map", 0, number));
    run(state, assign(first!, "a"), fail(first!, failure("bad", 7)));
    run(state, assign(second!, "a"), assign(third!, "b", true));
    run(state, fail(second!, failure("bad", 7)), fail(third!, failure("bad", 7)));
    expect(jobOf(state)).toMatchObject({ status: "running", skipped: 1, map: { badRecords: 1 } });
    expect(taskOf(state, "map", 0).trouble).toMatchObject({ failures: 0 });
  });
});

describe("a killed attempt", () => {
  it("counts for nothing, and its task waits again", () => {
    const state = stateAfter(submit(1, 1, { limits: { attemptsMax: 1 } }));
    for (let i = 0; i < 5; i++) run(state, assign(ref("map", 0, i), "a"), kill(ref("map", 0, i)));
    expect(taskOf(state, "map", 0)).toMatchObject({ state: "idle", trouble: undefined });
  });
});

describe("a map output", () => {
  it("that is lost makes its task wait again, and keeps what the winner counted", () => {
    const state = stateAfter(
      submit(1, 1),
      assign(ref("map", 0, 0), "a"),
      succeed(ref("map", 0, 0)),
    );
    expect(told(run(state, loseOutput(ref("map", 0, 0))))).toEqual(["map-output-lost map 0 0"]);
    expect(taskOf(state, "map", 0)).toMatchObject({ state: "idle", result: "map 0 0" });
    expect(run(state, loseOutput(ref("map", 0, 0)))).toEqual([]);
  });

  it("of another attempt than the winner is not meant", () => {
    const state = stateAfter(
      submit(1, 1),
      assign(ref("map", 0, 0), "a"),
      succeed(ref("map", 0, 0)),
    );
    run(state, loseOutput(ref("map", 0, 0)));
    run(state, assign(ref("map", 0, 1), "b"), succeed(ref("map", 0, 1)));
    expect(run(state, loseOutput(ref("map", 0, 0)))).toEqual([]);
    expect(taskOf(state, "map", 0).state).toBe("completed");
  });

  it("that is made again counts once what was skipped", () => {
    const state = stateAfter(submit(1, 1, { limits: { skippedMax: 9 } }));
    run(state, assign(ref("map", 0, 0), "a"), succeed(ref("map", 0, 0), 3));
    run(state, loseOutput(ref("map", 0, 0)));
    run(state, assign(ref("map", 0, 1), "b"), succeed(ref("map", 0, 1), 3));
    expect(jobOf(state).skipped).toBe(3);
  });

  it("is not wanted any more when the last reduce has what it needs", () => {
    const state = stateAfter(submit(2, 1));
    completeOn(state, "a", 1);
    run(state, assign(ref("reduce", 0, 0), "b"), lose("a"));
    run(state, assign(ref("map", 0, 1), "c"));
    expect(told(run(state, succeed(ref("reduce", 0, 0))))).toEqual([
      "attempt-ended reduce 0 0 succeeded reported",
      "task-completed reduce 0 0",
      "phase-completed",
      "attempt-ended map 0 1 killed job-ended",
      "job-ended",
    ]);
    expect(jobOf(state).status).toBe("done");
  });
});

describe("a reduce", () => {
  it("goes on when a map output gets lost, and none begins before it is there again", () => {
    const state = stateAfter(submit(2, 2));
    completeOn(state, "a", 2);
    run(state, assign(ref("reduce", 0, 0), "b"), loseOutput(ref("map", 1, 0)));
    expect(taskOf(state, "reduce", 0).state).toBe("in-progress");
    expect(run(state, assign(ref("reduce", 1, 0), "c"))).toEqual([]);
    complete(state, ref("map", 1, 1), "c");
    expect(run(state, assign(ref("reduce", 1, 0), "c"))).toHaveLength(1);
  });

  it("has not succeeded while there never was an output of each map", () => {
    const state = stateAfter(submit(2, 1, { slowStart: 0 }), assign(ref("reduce", 0, 0), "a"));
    expect(run(state, succeed(ref("reduce", 0, 0)))).toEqual([]);
  });
});

describe("a worker", () => {
  it("that is lost loses its completed maps and none of its completed reduces", () => {
    const state = stateAfter(submit(2, 2));
    completeOn(state, "a", 1);
    run(state, assign(ref("reduce", 1, 0), "a"));
    expect(told(run(state, lose("a")))).toEqual([
      "worker-lost",
      "attempt-ended reduce 1 0 lost worker-lost",
      "map-output-lost map 0 0",
      "map-output-lost map 1 0",
    ]);
    expect(jobOf(state)).toMatchObject({ map: { completed: 0 }, reduce: { completed: 1 } });
    expect(taskOf(state, "reduce", 0).result).toBe("reduce 0 0");
  });

  it("that is lost is not heard any more", () => {
    const state = stateAfter(submit(1, 0), assign(ref("map", 0, 0), "a"), lose("a"));
    expect(run(state, succeed(ref("map", 0, 0)))).toEqual([]);
    run(state, assign(ref("map", 0, 1), "b"));
    expect(run(state, succeed(ref("map", 0, 0)))).toEqual([]);
    run(state, succeed(ref("map", 0, 1)));
    expect(taskOf(state, "map", 0).result).toBe("map 0 1");
  });

  it("that is lost never comes back under the same life", () => {
    const state = stateAfter(lose("a"));
    expect(run(state, register("a"))).toEqual([]);
    expect(standingOf(state, workerId("a"), workerName("a"))).toBe("lost");
  });

  it("that begins a new life loses what it held in the one before", () => {
    const state = stateAfter(register("d#1"), submit(2, 1));
    complete(state, ref("map", 0, 0), "d#1");
    run(state, assign(ref("map", 1, 0), "d#1"));
    expect(told(run(state, register("d#2")))).toEqual([
      "worker-lost",
      "attempt-ended map 1 0 lost worker-lost",
      "map-output-lost map 0 0",
      "worker-registered",
    ]);
    const name = workerName("d");
    expect(standingOf(state, workerId("d#1"), name)).toBe("superseded");
    expect(standingOf(state, workerId("d#2"), name)).toBe("live");
    expect(standingOf(state, workerId("d#3"), name)).toBe("unknown");
    expect(run(state, register("d#1"))).toEqual([]);
  });

  it("that registers twice is one", () => {
    const state = stateAfter();
    expect(run(state, register("a", 7))).toEqual([]);
    expect(state.workers.slots).toBe(6);
  });

  it("is remembered for a bounded number of lives", () => {
    const state = stateAfter();
    for (let life = 0; life < 40; life++) run(state, register(`d#${life}`));
    expect(state.workers.past.get(workerName("d"))).toHaveLength(16);
  });

  it("that dies of a task again and again is not to blame: the job fails", () => {
    const state = stateAfter(submit(1, 1, { limits: { deathsMax: 3 } }));
    for (let life = 0; life < 3; life++) {
      run(state, register(`d#${life}`), assign(ref("map", 0, life), `d#${life}`));
    }
    run(state, lose("d#2"));
    expect(jobOf(state)).toMatchObject({
      status: "failed",
      verdict: { reason: "deaths", failures: 3 },
    });
  });
});

describe("a task", () => {
  it("remembers a bounded number of attempts, the winner among them", () => {
    const state = stateAfter(submit(1, 1));
    complete(state, ref("map", 0, 0), "a");
    run(state, loseOutput(ref("map", 0, 0)));
    for (let i = 1; i < 50; i++) run(state, assign(ref("map", 0, i), "a"), kill(ref("map", 0, i)));
    complete(state, ref("map", 0, 50), "a");
    expect(taskOf(state, "map", 0).attempts).toHaveLength(10);
    expect(attemptOf(state, ref("map", 0, 50))?.state).toBe("succeeded");
    expect(attemptOf(state, ref("map", 0, 3))).toBeUndefined();
  });
});
