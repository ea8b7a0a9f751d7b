/**
 * Samples of the input, which come before the first map of a step that partitions by range. They are
 * the leader's memory alone: the next leader reads its own.
 */

import { attemptNumber, taskIndex } from "../base/ids.ts";
import type { Failure } from "../job/failure.ts";
import { describeFailure } from "../local/verdict.ts";
import type { AnyAttemptRef } from "../rpc/wire/attempt.ts";
import type { ReportedResult } from "../rpc/wire/result.ts";
import type { LeaderContext, Sample } from "./active-job.ts";
import { setupOf } from "./assignment.ts";
import type { AttemptEnd } from "./attempt-ends.ts";
import { ownerOf, specOf, stepJobId } from "./cluster-state.ts";
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
  assign(sessions: Iterable<WorkerSession>): void {
    for (const [id, { sample }] of this.#context.active) {
      if (sample === undefined || sample.worker !== undefined) continue;
      const session = [...sessions].find(({ free }) => free > 0);
      if (session === undefined) return;
      const job = stepJobId(id, sample.plan.label);
      const attempt = attemptNumber(sample.attempt++);
      const ref = { job, phase: "sample", task: taskIndex(0), attempt } as const;
      sample.worker = session;
      if (!session.setups.has(job)) {
        session.setups.add(job);
        // Its boundaries follow when they are known, before its first map attempt.
        session.say({
          type: "job-setup",
          setup: setupOf(job, specOf(this.#context.state, job), sample.plan),
        });
      }
      session.take(ref, this.#context.nowMs());
      const task = { kind: "sample", windows: sample.plan.windows } as const;
      const assignment = { attempt: ref, skip: sample.skip, skipsLeft: sample.skip.length, task };
      session.say({ type: "assign", assignment });
    }
  }

  /** One was read, so that its step may begin, or was not. */
  ended(session: WorkerSession, message: AttemptEnd): void {
    if (message.type === "attempt-failed") this.#failed(session, message.attempt, message.failure);
    else this.#succeeded(session, message.attempt, message.result);
  }

  #succeeded(session: WorkerSession, ref: AnyAttemptRef, { output }: ReportedResult): void {
    const id = ownerOf(ref.job);
    const sample = this.#context.active.get(id)?.sample;
    const job = this.#context.state.jobs.get(id);
    if (sample?.worker !== session || job === undefined) return;
    this.#drivers.begin(job, sample.plan, output.kind === "sample" ? output.boundaries : []);
  }

  #failed(session: WorkerSession, ref: AnyAttemptRef, failure: Failure): void {
    const sample = this.#context.active.get(ownerOf(ref.job))?.sample;
    if (sample?.worker === session) this.#retry(ref, sample, failure);
  }

  #retry(ref: AnyAttemptRef, sample: Sample, failure: Failure): void {
    sample.worker = undefined;
    if (failure.kind === "lost") return;
    if (failure.record === undefined || sample.skip.length === SKIPS_MAX) {
      const message = `Cannot sample the input: ${describeFailure(failure)}`;
      const error = { code: failure.code, message };
      this.#context.active.get(ownerOf(ref.job))?.driver.stop();
      return this.#context.record(ownerOf(ref.job), { type: "job-ended", ok: false, error });
    }
    // The thread died of a record. Its map task will too, and tell; a sample can do without it.
    sample.skip.push({ ordinal: failure.record.ordinal, error: failure.message });
  }
}
