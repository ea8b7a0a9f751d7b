/**
 * How attempts end, from what a worker says, or no longer says, to what the log has of it.
 */

import { type JobId, type WorkerName, workerId } from "../../base/ids.ts";
import { type Failure, failureInWords } from "../../job/failure.ts";
import { wordsOfLeftRunning } from "../../local/verdict.ts";
import type { AnyAttemptRef } from "../../rpc/wire/attempt.ts";
import type { WorkerMessage } from "../../rpc/wire/from-worker.ts";
import type { ReportedResult } from "../../rpc/wire/result.ts";
import type { AttemptRef } from "../../scheduler/command.ts";
import { hasEnded } from "../../scheduler/state.ts";
import { isRunning, ownerOf, workerRunning } from "../state/cluster-state.ts";
import { packResult } from "../state/task-result.ts";
import type { ActiveJob, LeaderContext } from "./active-job.ts";
import type { AttemptLogs } from "./attempt-logs.ts";
import type { WorkerSession } from "./worker-session.ts";

/** How an attempt ended, as its worker tells it. */
export type AttemptEnd = Extract<WorkerMessage, { type: "attempt-succeeded" | "attempt-failed" }>;

/** See the head of this file. */
export class AttemptEnds {
  readonly #context: LeaderContext;
  readonly #logs: AttemptLogs;
  #keepId = 0;

  constructor(context: LeaderContext, logs: AttemptLogs) {
    this.#context = context;
    this.#logs = logs;
  }

  /**
   * Takes an end in, unless the log does not have the attempt as one that runs on this worker: a worker
   * says nothing of others' attempts, and nothing twice.
   */
  take(session: WorkerSession, message: AttemptEnd): boolean {
    const ref = message.attempt as AttemptRef;
    const active = this.#activeOf(ref);
    const isNews = workerRunning(this.#context.state, ref) === workerId(session.incarnation);
    if (active === undefined || !isNews) return false;
    if (active.step?.job.id !== ref.job) {
      // This leader has only begun, and the driver does not know of the step yet.
      active.held.push(() => {
        if (!this.take(session, message)) session.say({ type: "recorded", attempts: [ref] });
      });
      return true;
    }
    if (message.type === "attempt-succeeded") this.#succeeded(session, active, ref, message.result);
    else this.#failed(session, ref, message.failure, message.fatal);
    return true;
  }

  #succeeded(
    session: WorkerSession,
    active: ActiveJob,
    ref: AttemptRef,
    result: ReportedResult,
  ): void {
    const { phase, task, attempt } = ref;
    const { skipped, lastSkipped, bad, log, leftRunning } = result;
    this.#logs.add({ attempt: ref, worker: session.name, text: log });
    if (leftRunning.length > 0) this.#warn(ref, wordsOfLeftRunning(phase, leftRunning));
    const command = {
      type: "succeed-attempt",
      ...ref,
      result: packResult(result),
      skipped,
      lastSkipped,
    } as const;
    const told = (): void => {
      this.#context.propose(command, () => session.say({ type: "recorded", attempts: [ref] }));
    };
    if (bad.length === 0 && log === "") return told();
    const id = ++this.#keepId;
    active.keeping.set(id, told);
    active.driver.tell({ type: "keep", id, attempt: { phase, task, attempt }, bad, log });
  }

  #failed(session: WorkerSession, ref: AttemptRef, failure: Failure, fatal: boolean): void {
    this.#logs.add({ attempt: ref, worker: session.name, text: failure.logTail });
    this.#proposeFailure(ref, failure, fatal, session.name, () => {
      session.say({ type: "recorded", attempts: [ref] });
    });
  }

  #proposeFailure(
    ref: AttemptRef,
    failure: Failure,
    fatal: boolean,
    worker: WorkerName | undefined,
    applied: () => void,
  ): void {
    const { job, phase, task, attempt } = ref;
    const wasRunning = isRunning(this.#context.state, ref);
    const name = { job, phase, task, attempt };
    this.#context.propose({ type: "fail-attempt", ...name, failure, fatal }, () => {
      applied();
      const state = this.#context.state.scheduler.jobs.get(job);
      const step = this.#activeOf(ref)?.step;
      if (!wasRunning || state === undefined || step === undefined) return;
      const facts = { phase, task, attempt, failure, retry: !hasEnded(state) };
      const event = { type: "attempt-failed", ...step.plan.label, ...facts } as const;
      this.#context.record(ownerOf(job), event, worker);
    });
  }

  /** An attempt is out of reach; that is nobody's fault. */
  lose(ref: AttemptRef, message: string): void {
    const failure = failureInWords("lost", "CLUSTER_UNREACHABLE", message);
    this.#proposeFailure(ref, failure, false, undefined, () => {});
  }

  #warn(ref: AnyAttemptRef, message: string): void {
    const active = this.#activeOf(ref);
    if (active === undefined || active.warned.has(message)) return;
    active.warned.add(message);
    this.#context.record(ownerOf(ref.job), { type: "warning", message });
  }

  #activeOf({ job }: { readonly job: JobId }): ActiveJob | undefined {
    return this.#context.active.get(ownerOf(job));
  }
}
