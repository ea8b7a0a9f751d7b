/**
 * Samples of the input, which come before the first map of a step that partitions by range. They are
 * the leader's memory alone: the next leader reads its own.
 */

import { attemptNumber, type JobId, taskIndex } from "../../base/ids.ts";
import { describeFailure } from "../../local/verdict.ts";
import { attemptKey } from "../../rpc/attempt-name.ts";
import type { AnyAttemptRef } from "../../rpc/wire/attempt.ts";
import { ownerOf, specOf, stepJobId } from "../state/cluster-state.ts";
import type { LeaderContext, Sample } from "./active-job.ts";
import { setupOf } from "./assignment.ts";
import type { AttemptEnd } from "./attempt-ends.ts";
import type { JobDrivers } from "./job-drivers.ts";
import type { WorkerSession } from "./worker-session.ts";

/** Records that a sample leaves out because its thread died of them. */
const SKIPS_MAX = 10;

/** See the head of this file. */
export class Samples {
  readonly #context: LeaderContext;
  readonly #drivers: JobDrivers;

  constructor(context: LeaderContext, drivers: JobDrivers) {
    this.#context = context;
    this.#drivers = drivers;
  }

  /** Assigns those that no worker reads, to whoever has room. */
  assign(sessions: readonly WorkerSession[]): void {
    for (const [id, { sample }] of this.#context.active) {
      if (sample === undefined || sessions.some((each) => each.runs(lastOf(id, sample)))) continue;
      const session = sessions.find(({ free }) => free > 0);
      if (session === undefined) return;
      sample.attempts++;
      const ref = lastOf(id, sample);
      // Its boundaries follow when they are known, before its first map attempt.
      session.setUp(setupOf(ref.job, specOf(this.#context.state, ref.job), sample.plan));
      session.take(ref, this.#context.clock.nowMs());
      const task = { kind: "sample", windows: sample.plan.windows } as const;
      const assignment = { attempt: ref, skip: sample.skip, skipsLeft: sample.skip.length, task };
      session.say({ type: "assign", assignment });
    }
  }

  /** One was read, so that its step may begin, or was not. */
  ended(message: AttemptEnd): void {
    const id = ownerOf(message.attempt.job);
    const active = this.#context.active.get(id);
    const job = this.#context.state.jobs.get(id);
    if (active?.sample === undefined || job === undefined) return;
    const { driver, sample } = active;
    // One that was given up before.
    if (attemptKey(message.attempt) !== attemptKey(lastOf(id, sample))) return;
    if (message.type === "attempt-succeeded") {
      const { output } = message.result;
      return this.#drivers.begin(
        job,
        sample.plan,
        output.kind === "sample" ? output.boundaries : [],
      );
    }
    const { failure } = message;
    if (failure.kind === "lost") return;
    if (failure.record === undefined || sample.skip.length === SKIPS_MAX) {
      const words = `Cannot sample the input: ${describeFailure(failure)}`;
      active.sample = undefined;
      return driver.tell({ type: "step-impossible", code: failure.code, message: words });
    }
    // The thread died of a record. Its map task will too, and tell; a sample can do without it.
    sample.skip.push({ ordinal: failure.record.ordinal, error: failure.message });
  }
}

/** The attempt of a sample that counts. */
function lastOf(id: JobId, { plan, attempts }: Sample): AnyAttemptRef {
  const job = stepJobId(id, plan.label);
  return { job, phase: "sample", task: taskIndex(0), attempt: attemptNumber(attempts - 1) };
}
