/**
 * The jobs that are driven here: what their drivers plan becomes steps in the log, and what becomes of
 * the steps goes back to them.
 */

import type { JobId } from "../../base/ids.ts";
import { ATTEMPTS_MAX_DEFAULT } from "../../base/limits.ts";
import type { AttemptLabel } from "../../job/context.ts";
import type { StepLabel } from "../../job/report.ts";
import { type AttemptState, type JobState, winnerOf } from "../../scheduler/state.ts";
import type { DriverData, FromDriver, PlannedStep } from "../driver/driver-message.ts";
import { LateDriver } from "../driver/late-driver.ts";
import { type ClusterJob, ownerOf, stepJobId } from "../state/cluster-state.ts";
import type { ActiveJob, JobDriver, LeaderContext } from "./active-job.ts";
import type { RegionShares } from "./region-shares.ts";
import { StepUnderWay } from "./step-under-way.ts";
import { isTold } from "./told-events.ts";

/** Deaths of workers at one task before the job fails: it may be the task that kills them. */
const DEATHS_MAX = 16;
/** Share of the maps that are completed before reduces start, if the job says nothing. */
const SLOW_START_DEFAULT = 0.05;

/** How drivers are made. */
export interface JobDriversOptions {
  /** The bundle of a hash, as soon as it is to be had; rejects when the signal aborts. */
  readonly bundleOf: (hash: string, signal: AbortSignal) => Promise<Uint8Array>;
  readonly drive: (data: DriverData, onMessage: (message: FromDriver) => void) => JobDriver;
}

/** See the head of this file. */
export class JobDrivers {
  readonly #context: LeaderContext;
  readonly #options: JobDriversOptions;
  readonly #shares: RegionShares;
  readonly #closing = new AbortController();

  constructor(context: LeaderContext, options: JobDriversOptions, shares: RegionShares) {
    this.#context = context;
    this.#options = options;
    this.#shares = shares;
  }

  /** Another master goes on with all of them. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#context.active.values()].map(({ driver }) => driver.close()));
  }

  /** Has the job driven. Resumed is one that another leader had begun. */
  start(job: ClusterJob, isResumed: boolean): void {
    const { bundleOf, drive } = this.#options;
    const { id, spec, outputId, slots, submittedMs } = job;
    const begin = (bundle: Uint8Array) => () => {
      const { isCancelled } = job;
      const data = { spec, bundle, outputId, slots, submittedMs, isResumed, isCancelled };
      return drive(data, (message) => this.#fromDriver(id, message));
    };
    const driver = new LateDriver(bundleOf(spec.bundle, this.#closing.signal).then(begin));
    const facts = { driver, planned: undefined, step: undefined, sample: undefined };
    const nothing = { keeping: new Map(), warned: new Set<string>(), held: [] };
    this.#context.active.set(id, { ...facts, ...nothing });
  }

  #fromDriver(id: JobId, message: FromDriver): void {
    const job = this.#context.state.jobs.get(id);
    const active = this.#context.active.get(id);
    if (this.#closing.signal.aborted || job === undefined || active === undefined) return;
    switch (message.type) {
      case "kept":
        active.keeping.get(message.id)?.();
        active.keeping.delete(message.id);
        return;
      case "event":
        if (!isTold(job, message.event)) this.#context.record(id, message.event);
        return;
      case "plan":
        return this.#planned(job, active, message.plan);
    }
  }

  #planned(job: ClusterJob, active: ActiveJob, step: PlannedStep): void {
    const isSame = ({ label }: { label: PlannedStep["label"] }) =>
      label.step === step.label.step && label.iteration === step.label.iteration;
    const ended = job.steps.find(isSame);
    if (ended !== undefined)
      return active.driver.tell({ type: "step-done", outcome: ended.outcome });
    const { current } = job;
    if (current !== undefined) return this.#resume(job, active, step);
    if (step.windows.length > 0 && step.partitions > 1) {
      active.sample = { plan: step, attempts: 0, skip: [] };
      return this.#context.schedule();
    }
    this.begin(job, step, undefined);
  }

  /** Another leader had begun the step: it goes on, if it is the same. */
  #resume({ id, current }: ClusterJob, active: ActiveJob, step: PlannedStep): void {
    const state = this.#context.state.scheduler.jobs.get(stepJobId(id, step.label));
    if (current!.planHash !== step.hash || state === undefined) {
      const message = "The input has changed while the job ran: run it again.";
      return active.driver.tell({ type: "step-impossible", code: "INPUT_CHANGED", message });
    }
    active.step = new StepUnderWay(step, state, this.#context.clock.nowMs());
    for (const task of [...state.map.tasks, ...state.reduce.tasks]) {
      const winner = winnerOf(task);
      if (task === undefined || winner === undefined) continue;
      const written = active.step.completed(winner, task);
      const attempts = task.nextAttempt;
      active.driver.tell({ type: "won", attempt: labelOf(winner), attempts, written });
      if (winner.phase === "map") this.#shares.completed(state, winner);
    }
    this.#stepBegins(active, state);
  }

  /** The step is planned, and its sample read: its tasks may be assigned. */
  begin(job: ClusterJob, step: PlannedStep, boundaries: readonly Uint8Array[] | undefined): void {
    const { label, splits, partitions, mapHosts, hash, skippedMax, skipped } = step;
    const active = this.#context.active.get(job.id)!;
    active.sample = undefined;
    active.planned = step;
    const attemptsMax = job.spec.attemptsMax ?? ATTEMPTS_MAX_DEFAULT;
    const submit = {
      type: "submit-job",
      job: stepJobId(job.id, label),
      mapTasks: splits.length,
      reduceTasks: partitions,
      limits: { attemptsMax, deathsMax: DEATHS_MAX, skippedMax },
      skipped,
      priority: job.spec.priority,
      slowStart: job.spec.slowStart ?? SLOW_START_DEFAULT,
      speculation: true,
      mapHosts,
    } as const;
    const facts = { job: job.id, label, planHash: hash, boundaries, submit };
    this.#context.propose({ type: "begin-step", ...facts });
  }

  /** The log has the step. */
  begun(id: JobId, label: StepLabel): void {
    const active = this.#context.active.get(id);
    const state = this.#context.state.scheduler.jobs.get(stepJobId(id, label));
    if (active?.planned === undefined || state === undefined) return;
    active.step = new StepUnderWay(active.planned, state, this.#context.clock.nowMs());
    active.planned = undefined;
    this.#stepBegins(active, state);
  }

  #stepBegins(active: ActiveJob, state: JobState): void {
    for (const goOn of active.held.splice(0)) goOn();
    this.endIfDone(state);
    this.#context.schedule();
  }

  /** Goes on with the job where its step has ended. */
  endIfDone(state: JobState): void {
    const id = ownerOf(state.id);
    const active = this.#context.active.get(id);
    if (active?.step?.job !== state || active.step.isOver) return;
    if (state.status === "done") {
      const { label, output } = active.step.plan;
      const outcome = active.step.outcome();
      // The last step stays in the log until its parts are published: another leader's driver must be
      // told of them by their winners again.
      if (output.kind === "part") {
        active.step.isOver = true;
        active.driver.tell({ type: "step-done", outcome });
      } else {
        const totals = active.step.totals();
        this.#context.propose({ type: "end-step", job: id, label, outcome, totals });
      }
    } else if (state.status === "failed" && state.verdict !== undefined) {
      active.driver.tell({ type: "step-failed", verdict: state.verdict });
    }
  }
}

/** An attempt's name within its step. */
export function labelOf({ phase, task, attempt }: AttemptState): AttemptLabel {
  return { phase, task, attempt };
}
