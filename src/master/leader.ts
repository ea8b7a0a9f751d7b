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

import { type JobId, type TaskIndex, type Term, type WorkerName, workerId } from "../base/ids.ts";
import type { JobEvent, Progress } from "../job/report.ts";
import type { WorkerMessage } from "../rpc/wire/from-worker.ts";
import type { Submission } from "../rpc/wire/job.ts";
import type { AssignTask, AttemptRef } from "../scheduler/command.ts";
import { plan } from "../scheduler/plan.ts";
import { type JobState, phaseOf } from "../scheduler/state.ts";
import { acceptJob } from "./accept-job.ts";
import type { ActiveJob, LeaderContext } from "./active-job.ts";
import { applyCommand } from "./apply-command.ts";
import { Assigner } from "./assigner.ts";
import { AttemptEnds } from "./attempt-ends.ts";
import { AttemptLogs } from "./attempt-logs.ts";
import type { ClusterCommand } from "./cluster-command.ts";
import { type ClusterState, isRunning, lifeOf, ownerOf, stepJobId } from "./cluster-state.ts";
import type { CommandLog } from "./command-log.ts";
import { CommandQueue } from "./command-queue.ts";
import { FetchFaults } from "./fetch-faults.ts";
import { JobDrivers, type JobDriversOptions } from "./job-drivers.ts";
import { inTheWay } from "./preemption.ts";
import { RegionNews } from "./region-news.ts";
import { Samples } from "./samples.ts";
import type { KeptResult } from "./step-under-way.ts";
import { WorkerRoster } from "./worker-roster.ts";
import type { TakenSlot, WorkerSession } from "./worker-session.ts";

/** What a leader is made of: the effects that a simulation replaces. */
export interface LeaderOptions extends JobDriversOptions {
  readonly state: ClusterState;
  readonly log: CommandLog;
  readonly term: Term;
  readonly nowMs: () => number;
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
  readonly #ends: AttemptEnds;
  readonly #samples: Samples;
  readonly #fetchFaults: FetchFaults;
  readonly #assigner: Assigner;
  readonly #queue: CommandQueue;
  #mustPlan = false;
  #isClosed = false;

  constructor(options: LeaderOptions) {
    this.#options = options;
    const { state, nowMs, onEvent, term, pingIntervalMs, pingTimeoutMs } = options;
    this.#context = {
      state,
      active: this.#active,
      nowMs,
      propose: (command) => this.#propose(command),
      schedule: () => this.#schedule(),
      record: (job, event, worker) => this.#record(job, event, worker),
    };
    this.#ends = new AttemptEnds(this.#context, this.logs);
    this.#queue = new CommandQueue({
      log: options.log,
      commit: (command) => this.#commit(command),
      settled: () => this.#plan(),
      onBug: options.onBug,
    });
    this.#drivers = new JobDrivers(this.#context, options);
    this.#roster = new WorkerRoster(this.#context, {
      ...{ term, pingIntervalMs, pingTimeoutMs, onEvent },
      lose: (ref, why) => this.#ends.lose(ref, why),
      tellRegions: (session, ref) => this.#regions.tellAll(session, ref),
    });
    this.#regions = new RegionNews(state, this.#roster.sessions);
    this.#fetchFaults = new FetchFaults(this.#context, this.#roster, this.#regions, onEvent);
    this.#samples = new Samples(this.#context, this.#drivers);
    this.#assigner = new Assigner(this.#context, {
      roster: this.#roster,
      regions: this.#regions,
      lose: (ref, why) => this.#ends.lose(ref, why),
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

  /** Called back whenever something has changed that clients may be told; ends with the answer. */
  watch(callback: () => void): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  /** Takes a job in; answers with its id when the log has it. */
  submit(submission: Submission): Promise<{ job: JobId; repeated: boolean }> {
    return acceptJob(this.#context, submission, this.#roster.slots);
  }

  async cancel(job: JobId): Promise<void> {
    await this.#propose({ type: "request-cancel", job });
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

  get nowMs(): number {
    return this.#options.nowMs();
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
        for (const progress of message.attempts) session.progressed(progress);
        return;
      case "attempt-killed":
        session.release(message.attempt);
        session.say({ type: "recorded", attempts: [message.attempt] });
        return this.#schedule();
      case "attempt-succeeded":
      case "attempt-failed": {
        const { attempt } = message;
        session.release(attempt);
        if (attempt.phase === "sample") this.#samples.ended(message);
        else if (this.#ends.take(session, message)) return;
        // Nothing waits for the log: it was told before, or is of no use to anybody.
        session.say({ type: "recorded", attempts: [attempt] });
        return this.#schedule();
      }
      case "fetch-failed":
        return this.#fetchFaults.failed(message);
    }
  }

  /** This master does not lead any more, or ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#queue.close();
    for (const session of this.#roster.sessions.values()) session.end();
    await this.#drivers.close();
    this.#notify();
  }

  #propose(command: ClusterCommand): Promise<void> {
    return this.#queue.propose(command);
  }

  #commit(command: ClusterCommand): void {
    const before = this.#before(command);
    applyCommand(this.state, command);
    this.#act(command, before);
    this.#notify();
  }

  /** What acting on a command needs to know of the time before it. */
  #before(command: ClusterCommand): Map<JobState, ReadonlySet<TaskIndex>> {
    const completed = new Map<JobState, ReadonlySet<TaskIndex>>();
    if (command.type !== "lose-worker" && command.type !== "register-worker") return completed;
    for (const job of this.state.scheduler.jobs.values()) {
      const tasks = job.map.tasks.filter(({ state }) => state === "completed");
      completed.set(job, new Set(tasks.map(({ index }) => index)));
    }
    return completed;
  }

  #act(command: ClusterCommand, before: Map<JobState, ReadonlySet<TaskIndex>>): void {
    switch (command.type) {
      case "accept-job":
        if (this.state.jobs.get(command.job)?.outputId === command.outputId)
          this.#drivers.start(this.state.jobs.get(command.job)!, false);
        return;
      case "request-cancel":
        return this.#active.get(command.job)?.driver.stop();
      case "assign-task":
        return this.#assigner.assigned(command);
      case "succeed-attempt":
        return this.#won(command);
      case "fail-attempt": {
        const state = this.state.scheduler.jobs.get(command.job);
        if (state !== undefined) this.#drivers.endIfDone(state);
        return this.#schedule();
      }
      case "lose-map-output": {
        const state = this.state.scheduler.jobs.get(command.job);
        if (state !== undefined) this.#regions.tellLost(state, [command.task]);
        return this.#schedule();
      }
      case "lose-worker":
      case "register-worker":
        for (const [job, completed] of before) {
          const lost = [...completed].filter(
            (index) => job.map.tasks[index]!.state !== "completed",
          );
          if (lost.length > 0) this.#regions.tellLost(job, lost);
        }
        return this.#schedule();
      case "end-step": {
        const active = this.#active.get(command.job);
        const job = stepJobId(command.job, command.label);
        if (active?.step?.job.id !== job) return;
        active.step = undefined;
        this.#roster.forget(job);
        active.driver.tell({ type: "step-done", outcome: command.outcome });
        return this.#schedule();
      }
      case "record-event":
        if (command.event.type === "job-ended") this.#jobEnded(command.job);
        return;
    }
  }

  #won(command: AttemptRef & { readonly result: unknown }): void {
    const active = this.#activeOf(command);
    const step = active?.step;
    if (active === undefined || step === undefined) return;
    const { job, phase, task, attempt } = command;
    const state = phaseOf(step.job, phase).tasks[task]!;
    if (state.attempts[attempt]?.state === "succeeded") {
      const label = { phase, task, attempt };
      const written = step.writtenBy(label, command.result as KeptResult);
      active.driver.tell({ type: "won", attempt: label, written });
      if (phase === "map") this.#regions.tellOne(step.job, task);
      for (const other of state.attempts) {
        const session = this.#roster.sessions.get(lifeOf(other.worker));
        const ref = { job, phase, task, attempt: other.number };
        if (other.state === "killed" && session?.runs(ref) === true) {
          session.say({ type: "kill", attempt: ref, reason: "lost-race" });
        }
      }
    }
    this.#drivers.endIfDone(step.job);
    this.#schedule();
  }

  #jobEnded(id: JobId): void {
    const active = this.#active.get(id);
    this.#active.delete(id);
    if (active === undefined) return;
    void active.driver.close();
    this.#roster.forgetAllOf(id);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#mustPlan) return;
    this.#mustPlan = true;
    queueMicrotask(() => {
      if (!this.#queue.isBusy) this.#plan();
    });
  }

  /** Called where no assignment is on its way to the log, so that none is made twice. */
  #plan(): void {
    if (!this.#mustPlan || this.#isClosed) return;
    this.#mustPlan = false;
    const sessions = [...this.#roster.sessions.values()];
    this.#samples.assign(sessions);
    const workers = sessions.map((session) => ({
      id: workerId(session.incarnation),
      free: session.free,
    }));
    const isReady = (command: AssignTask) => this.#activeOf(command)?.step !== undefined;
    const commands = plan(this.state.scheduler, { workers }).filter(isReady);
    for (const command of commands) void this.#propose(command);
    if (commands.length === 0 && workers.every(({ free }) => free === 0)) this.#preempt();
  }

  /** Reduces that wait for a map output must not keep its task from a slot. */
  #preempt(): void {
    for (const { session, ref } of inTheWay(this.state, this.#regions)) {
      session.say({ type: "kill", attempt: ref, reason: "unknown-attempt" });
      if (isRunning(this.state, ref)) this.#ends.lose(ref, "Its slot is needed by a map task.");
    }
  }

  #record(job: JobId, event: JobEvent, worker?: WorkerName): void {
    void this.#propose({ type: "record-event", job, event, timeMs: Date.now(), worker });
  }

  #notify(): void {
    for (const callback of this.#watchers) callback();
  }

  #activeOf({ job }: { readonly job: JobId }): ActiveJob | undefined {
    return this.#active.get(ownerOf(job));
  }
}
