/**
 * The leader: takes what workers and clients say, makes commands of it, and acts when they are in the
 * log. Three things go round:
 *
 *     worker, client, driver, timer ──▶ commands ──▶ log ──▶ applyCommand ──▶ messages, drivers
 *                    plan(state, who is free) ──▶ assign-task ──▶ log ──▶ "assign" to a worker
 *
 * What always holds: nobody is told of anything that is not in the log; what is only in here (streams,
 * free slots, progress, plans of steps) can be made again by another leader from the log and from what
 * workers register with.
 */

import { messageOf } from "../../base/error.ts";
import type { JobId, Term, WorkerName } from "../../base/ids.ts";
import type { JobEvent, Progress } from "../../job/report.ts";
import type { WorkerMessage } from "../../rpc/wire/from-worker.ts";
import type { Submission } from "../../rpc/wire/job.ts";
import type { AttemptEnded } from "../../scheduler/effect.ts";
import type { ExcludedWorker } from "../../scheduler/exclusion.ts";
import type { AttemptState, JobState, TaskState } from "../../scheduler/state.ts";
import type { ClusterEffect } from "../state/cluster-effect.ts";
import { type ClusterState, lifeOf, ownerOf } from "../state/cluster-state.ts";
import { acceptJob } from "./accept-job.ts";
import type { ActiveJob, LeaderClock, LeaderContext } from "./active-job.ts";
import { Assigner } from "./assigner.ts";
import { AttemptEnds } from "./attempt-ends.ts";
import { AttemptLogs } from "./attempt-logs.ts";
import type { CommandLog } from "./command-log.ts";
import { CommandQueue } from "./command-queue.ts";
import { FetchFaults } from "./fetch-faults.ts";
import { JobDrivers, type JobDriversOptions, labelOf } from "./job-drivers.ts";
import { Planner } from "./planner.ts";
import { RegionNews } from "./region-news.ts";
import { RegionShares } from "./region-shares.ts";
import { Samples } from "./samples.ts";
import { WorkerRoster } from "./worker-roster.ts";
import type { TakenSlot, WorkerSession } from "./worker-session.ts";

/** What a leader is made of: the effects that a simulation replaces. */
export interface LeaderOptions extends JobDriversOptions {
  readonly state: ClusterState;
  readonly log: CommandLog;
  readonly term: Term;
  readonly clock: LeaderClock;
  readonly randomHex: (bytes: number) => string;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly onEvent: (what: string, words: string) => void;
  /** What no leader can go on after. */
  readonly onBug: (thrown: unknown) => void;
}

/** See the head of this file. */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #active = new Map<JobId, ActiveJob>();
  readonly #watchers = new Set<() => void>();
  readonly logs = new AttemptLogs();
  readonly #context: LeaderContext;
  readonly #drivers: JobDrivers;
  readonly #roster: WorkerRoster;
  readonly #regions: RegionNews;
  readonly #shares = new RegionShares();
  readonly #ends: AttemptEnds;
  readonly #samples: Samples;
  readonly #fetchFaults: FetchFaults;
  readonly #assigner: Assigner;
  readonly #queue: CommandQueue;
  readonly #planner: Planner;
  #isClosed = false;

  constructor(options: LeaderOptions) {
    this.#options = options;
    const { state, log, clock, randomHex, onEvent, onBug } = options;
    const { term, pingIntervalMs, pingTimeoutMs } = options;
    this.#queue = new CommandQueue({ log, settled: () => this.#planner.planIfDue(), onBug });
    this.#context = {
      state,
      active: this.#active,
      clock,
      randomHex,
      propose: (command, applied) => this.#queue.propose(command, applied),
      commit: (command) => this.#queue.commit(command),
      schedule: () => this.#planner.schedule(),
      record: (job, event, worker) => this.#record(job, event, worker),
      tell: onEvent,
    };
    this.#ends = new AttemptEnds(this.#context, this.logs);
    this.#drivers = new JobDrivers(this.#context, options, this.#shares);
    this.#roster = new WorkerRoster(this.#context, {
      ...{ term, pingIntervalMs, pingTimeoutMs },
      lose: (ref, why) => this.#ends.lose(ref, why),
      tellRegions: (session, ref) => this.#regions.tellAll(session, ref),
    });
    this.#regions = new RegionNews(state, this.#roster.sessions);
    this.#fetchFaults = new FetchFaults(this.#context, this.#roster, this.#regions);
    this.#samples = new Samples(this.#context, this.#drivers);
    this.#assigner = new Assigner(this.#context, {
      roster: this.#roster,
      regions: this.#regions,
      lose: (ref, why) => this.#ends.lose(ref, why),
    });
    this.#planner = new Planner(this.#context, {
      roster: this.#roster,
      samples: this.#samples,
      shares: this.#shares,
      isBusy: () => this.#queue.isBusy,
    });
    for (const job of this.state.jobs.values()) {
      if (job.ended === undefined) this.#drivers.start(job, true);
    }
  }

  get state(): ClusterState {
    return this.#options.state;
  }

  get roster(): WorkerRoster {
    return this.#roster;
  }

  get nowMs(): number {
    return this.#options.clock.nowMs();
  }

  /** Since 1970, to tell people. */
  get wallMs(): number {
    return this.#options.clock.wallMs();
  }

  /** It leads no more: what happens is not heard of here. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Workers that get nothing for a while, and why. */
  get excluded(): readonly ExcludedWorker[] {
    return this.#planner.excluded;
  }

  /**
   * Called back whenever something may have changed that clients are told, and at every tick; ends with
   * the answer.
   */
  watch(callback: () => void): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  /**
   * Takes a job in; answers with its id when the log has it. Rejects with `NOT_LEADER`, and with
   * `LIMIT_REACHED` where it is too large for the log.
   */
  submit(submission: Submission): Promise<{ job: JobId; repeated: boolean }> {
    return acceptJob(this.#context, submission, this.#roster.slots);
  }

  /** Rejects with `NOT_LEADER`. */
  async cancel(job: JobId): Promise<void> {
    await this.#queue.commit({ type: "request-cancel", job });
  }

  /** Where the step stands that a job is in; undefined between steps, and of a job that has ended. */
  progressOf(job: JobId): Progress | undefined {
    const step = this.#active.get(job)?.step;
    const running = this.slotsOf(job).map(({ progress }) => progress);
    return step?.progress(this.nowMs, running);
  }

  /** The slots that attempts of a job have, with the workers that they are of. */
  slotsOf(job: JobId): (TakenSlot & { readonly worker: WorkerName })[] {
    return [...this.#roster.sessions.values()].flatMap(({ name, slots }) =>
      [...slots]
        .filter(({ progress }) => ownerOf(progress.attempt.job) === job)
        .map((slot) => ({ ...slot, worker: name })),
    );
  }

  /** What a registered worker says. */
  hear(session: WorkerSession, message: WorkerMessage): void {
    if (this.#roster.sessions.get(session.incarnation) !== session) return;
    session.answeredMs = this.nowMs;
    switch (message.type) {
      case "register":
      case "pong":
        return;
      case "progress":
        for (const progress of message.attempts) {
          session.progressed(progress);
          this.#planner.progressed(progress);
        }
        return;
      case "attempt-killed":
        session.release(message.attempt);
        session.say({ type: "recorded", attempts: [message.attempt] });
        return this.#context.schedule();
      case "attempt-succeeded":
      case "attempt-failed": {
        const { attempt } = message;
        session.release(attempt);
        if (attempt.phase === "sample") this.#samples.ended(message);
        else if (this.#ends.take(session, message)) return;
        // Nothing waits for the log: it was told before, or is of no use to anybody.
        session.say({ type: "recorded", attempts: [attempt] });
        return this.#context.schedule();
      }
      case "fetch-failed":
        return this.#fetchFaults.failed(session, message);
      case "leaving":
        return this.#roster.leaves(session);
    }
  }

  /** A command has been applied. */
  applied(effects: readonly ClusterEffect[]): void {
    if (this.#isClosed) return;
    this.#planner.take(effects);
    for (const effect of effects) this.#act(effect);
    this.#tellLost(effects);
    this.#notify();
  }

  /** Time has passed, for which some decisions wait: to be called every `PLAN_INTERVAL_MS`. */
  tick(): void {
    if (this.state.scheduler.active.size > 0) this.#context.schedule();
    this.#notify();
  }

  /** This master does not lead any more, or ends. Those who follow jobs here are told at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#planner.close();
    this.#queue.close();
    for (const session of this.#roster.sessions.values()) session.end();
    this.#notify();
    await this.#drivers.close();
  }

  #act(effect: ClusterEffect): void {
    switch (effect.type) {
      case "job-accepted":
        return this.#drivers.start(effect.job, false);
      case "cancel-requested":
        return this.#active.get(effect.job)?.driver.stop();
      case "step-begun":
        return this.#drivers.begun(effect.job, effect.label);
      case "worker-registered":
        return this.#roster.registered(effect.worker);
      case "worker-lost":
        return this.#roster.ended(effect.worker, effect.how);
      case "attempt-assigned":
        return this.#assigner.assigned(effect.attempt);
      case "attempt-ended":
        return this.#attemptEnded(effect);
      case "task-completed":
        return this.#completed(effect.winner, effect.task);
      case "map-output-lost": {
        const job = this.state.scheduler.jobs.get(effect.attempt.job);
        if (job !== undefined) this.#shares.lost(job, effect.attempt);
        return this.#context.schedule();
      }
      case "job-ended":
        return this.#drivers.endIfDone(effect.job);
      case "job-forgotten":
        this.#shares.forget(effect.job);
        return this.#roster.forget(effect.job);
      case "step-ended": {
        const active = this.#active.get(effect.job);
        if (active === undefined) return;
        active.step = undefined;
        active.driver.tell({ type: "step-done", outcome: effect.outcome });
        return this.#context.schedule();
      }
      case "job-finished":
        return this.#finished(effect.job);
    }
  }

  /** Whoever still works at it may stop. */
  #attemptEnded({ attempt, why }: AttemptEnded): void {
    this.#context.schedule();
    if (why === "reported" || why === "worker-lost") return;
    const { job, phase, task, attempt: number } = attempt;
    const ref = { job, phase, task, attempt: number };
    const session = this.#roster.sessions.get(lifeOf(attempt.worker));
    if (session?.runs(ref) === true) session.say({ type: "kill", attempt: ref, reason: why });
  }

  #completed(winner: AttemptState, task: TaskState): void {
    const active = this.#active.get(ownerOf(winner.job));
    if (active?.step?.job.id !== winner.job) return;
    const { job } = active.step;
    const written = active.step.completed(winner, task);
    const attempts = task.nextAttempt;
    active.driver.tell({ type: "won", attempt: labelOf(winner), attempts, written });
    if (winner.phase === "reduce") return;
    this.#shares.completed(job, winner);
    this.#regions.tellOne(job, winner.task);
  }

  /** Reduces are told of all outputs that a command has lost at once. */
  #tellLost(effects: readonly ClusterEffect[]): void {
    const lost = new Map<JobState, AttemptState[]>();
    for (const effect of effects) {
      if (effect.type !== "map-output-lost") continue;
      const job = this.state.scheduler.jobs.get(effect.attempt.job);
      if (job !== undefined) lost.set(job, [...(lost.get(job) ?? []), effect.attempt]);
    }
    for (const [job, attempts] of lost) this.#regions.tellLost(job, attempts);
  }

  #finished(id: JobId): void {
    const active = this.#active.get(id);
    this.#active.delete(id);
    if (active === undefined) return;
    void active.driver.close();
    this.#roster.forgetAllOf(id);
    this.#context.schedule();
  }

  #record(job: JobId, event: JobEvent, worker?: WorkerName): void {
    const timeMs = this.wallMs;
    const totals = event.type === "job-ended" ? this.#active.get(job)?.step?.totals() : undefined;
    const rest = { timeMs, worker, totals };
    try {
      this.#context.propose({ type: "record-event", job, event, ...rest });
    } catch (thrown) {
      if (event.type !== "job-ended") throw thrown;
      // What it has counted in thousands of steps: it must end all the same.
      const error = { code: "LIMIT_REACHED", message: messageOf(thrown) };
      const failed = { type: "job-ended", ok: false, error } as const;
      this.#context.propose({ type: "record-event", job, event: failed, ...rest });
    }
  }

  #notify(): void {
    for (const callback of this.#watchers) callback();
  }
}
