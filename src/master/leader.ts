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

import { randomBytes } from "node:crypto";
import { SheafError } from "../base/error.ts";
import {
  attemptNumber,
  type Incarnation,
  type JobId,
  jobId,
  type TaskIndex,
  type Term,
  taskIndex,
  type WorkerName,
  workerId,
} from "../base/ids.ts";
import { TASK_TIMEOUT_MS_DEFAULT } from "../base/limits.ts";
import { packageFacts } from "../base/package-facts.ts";
import type { Failure, SkippedRecord } from "../job/failure.ts";
import type { JobEvent } from "../job/report.ts";
import { describeFailure, wordsOfLeftRunning } from "../local/verdict.ts";
import type { OutgoingQueue } from "../rpc/outgoing-queue.ts";
import type { AnyAttemptRef } from "../rpc/wire/attempt.ts";
import type { FromMaster, RegionLocation } from "../rpc/wire/from-master.ts";
import type { FetchFailed, Register, WorkerMessage } from "../rpc/wire/from-worker.ts";
import type { Submission } from "../rpc/wire/job.ts";
import { type RegionSource, regionOf } from "../rpc/wire/region.ts";
import type { ReportedResult } from "../rpc/wire/result.ts";
import type { Assignment } from "../rpc/wire/task.ts";
import type { AssignTask, AttemptRef } from "../scheduler/command.ts";
import { plan } from "../scheduler/plan.ts";
import { hasEnded, type JobState, type Phase, phaseOf } from "../scheduler/state.ts";
import { applyCommand } from "./apply-command.ts";
import type { BundleFolder } from "./bundle-folder.ts";
import type { ClusterCommand } from "./cluster-command.ts";
import {
  type ClusterJob,
  type ClusterState,
  ownerOf,
  stepJobId,
  workerOf,
} from "./cluster-state.ts";
import type { CommandLog } from "./command-log.ts";
import type { DriverData, FromDriver, PlannedStep, ToDriver } from "./driver-message.ts";
import { type KeptResult, StepUnderWay } from "./step-under-way.ts";
import { attemptKey, WorkerSession } from "./worker-session.ts";

/** Records that a sample leaves out because its thread died of them. */
const SAMPLE_SKIPS_MAX = 10;
/** Times that a fetch is asked for again where its source still lives. */
const FETCH_TRIES_MAX = 3;
const JOB_ID_BYTES = 6;
const OUTPUT_ID_BYTES = 8;

/** The thread that drives a job. */
export interface JobDriver {
  tell(message: ToDriver): void;
  stop(): void;
  close(): Promise<void>;
}

/** What a leader is made of: the effects that a simulation replaces. */
export interface LeaderOptions {
  readonly state: ClusterState;
  readonly log: CommandLog;
  readonly term: Term;
  readonly bundles: BundleFolder;
  readonly drive: (data: DriverData, onMessage: (message: FromDriver) => void) => JobDriver;
  readonly nowMs: () => number;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly onEvent: (what: string, words: string) => void;
  /** What no leader can go on after. */
  readonly onBug: (thrown: unknown) => void;
}

/** What the leader has of a job that is not in the log. */
interface ActiveJob {
  readonly driver: JobDriver;
  step: StepUnderWay | undefined;
  sample: Sample | undefined;
  /** Results that wait until their side files are kept. */
  readonly keeping: Map<number, () => void>;
  readonly warned: Set<string>;
}

/** A sample that is to be read, or is. */
interface Sample {
  readonly plan: PlannedStep;
  attempt: number;
  worker: WorkerSession | undefined;
  readonly skip: SkippedRecord[];
}

/** See the head of this file. */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #sessions = new Map<Incarnation, WorkerSession>();
  readonly #active = new Map<JobId, ActiveJob>();
  readonly #watchers = new Set<() => void>();
  /** Since when a registered worker has no stream. */
  readonly #silentMs = new Map<Incarnation, number>();
  readonly #fetchFaults = new Map<string, number>();
  #pending: { command: ClusterCommand; done: () => void }[] = [];
  #isAppending = false;
  #mustPlan = false;
  #keepId = 0;
  #isClosed = false;

  constructor(options: LeaderOptions) {
    this.#options = options;
    const nowMs = options.nowMs();
    for (const worker of this.state.workers.values()) {
      if (!worker.isLost) this.#silentMs.set(worker.incarnation, nowMs);
    }
    for (const job of this.state.jobs.values()) {
      if (job.ended === undefined) this.#startDriver(job, true);
    }
  }

  get state(): ClusterState {
    return this.#options.state;
  }

  get sessions(): Iterable<WorkerSession> {
    return this.#sessions.values();
  }

  /** Called back whenever something has changed that clients may be told; ends with the answer. */
  watch(callback: () => void): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  /** Takes a job in; answers with its id when the log has it. */
  async submit({ submission, spec }: Submission): Promise<{ job: JobId; repeated: boolean }> {
    const known = this.state.submissions.get(submission);
    if (known !== undefined) return { job: known, repeated: true };
    const job = jobId(`j-${randomBytes(JOB_ID_BYTES).toString("hex")}`);
    const slots = [...this.#sessions.values()].reduce(
      (sum, { register }) => sum + register.slots,
      0,
    );
    await this.#propose({
      type: "accept-job",
      job,
      submission,
      spec,
      outputId: randomBytes(OUTPUT_ID_BYTES).toString("hex"),
      slots: Math.max(1, Math.min(slots, 1024)),
      timeMs: Date.now(),
    });
    const taken = this.state.submissions.get(submission) ?? job;
    return { job: taken, repeated: taken !== job };
  }

  async cancel(job: JobId): Promise<void> {
    await this.#propose({ type: "request-cancel", job });
  }

  progressOf(job: JobId): JobEvent | undefined {
    return this.#active.get(job)?.step?.progress(this.#options.nowMs());
  }

  /** Time has passed: pings those who are there, and gives up those who are not. */
  tick(): void {
    const nowMs = this.#options.nowMs();
    const { pingTimeoutMs } = this.#options;
    for (const session of [...this.#sessions.values()]) {
      if (nowMs - session.answeredMs <= pingTimeoutMs) session.ping();
      else this.#giveUp(session.incarnation, session.name);
    }
    for (const [incarnation, sinceMs] of [...this.#silentMs]) {
      if (nowMs - sinceMs <= pingTimeoutMs) continue;
      const worker = workerOf(this.state, incarnation);
      this.#silentMs.delete(incarnation);
      if (worker !== undefined) this.#giveUp(incarnation, worker.name);
    }
  }

  /** Takes a worker's stream in, or says why not. */
  async register(
    incarnation: Incarnation,
    register: Register,
    queue: OutgoingQueue<FromMaster>,
  ): Promise<WorkerSession | undefined> {
    const { term, nowMs, pingIntervalMs, pingTimeoutMs } = this.#options;
    const session = new WorkerSession(incarnation, register, queue, term, nowMs());
    const refusal = this.#refusalOf(incarnation, register);
    if (refusal !== undefined) {
      session.say({ type: "refused", leader: undefined, ...refusal });
      session.end();
      return undefined;
    }
    if (workerOf(this.state, incarnation) === undefined) {
      const { worker, regionAddress, slots, host, rack } = register;
      const facts = { worker, incarnation, regionAddress, slots, host, rack };
      const before = this.state.workers.get(worker)?.incarnation;
      await this.#propose({ type: "register-worker", ...facts });
      if (before !== undefined) this.#dropSession(before);
    }
    // An earlier stream of the same life has nothing more to say.
    this.#sessions.get(incarnation)?.end();
    this.#sessions.set(incarnation, session);
    this.#silentMs.delete(incarnation);
    session.say({ type: "registered", pingIntervalMs, pingTimeoutMs });
    session.ping();
    this.#reconcile(session);
    this.#options.onEvent("worker-registered", `Worker ${session.name} has registered.`);
    this.#schedule();
    return session;
  }

  /** The stream of a worker has broken; whether it lives, time will tell. */
  disconnected(session: WorkerSession): void {
    if (this.#sessions.get(session.incarnation) !== session) return;
    this.#sessions.delete(session.incarnation);
    const worker = workerOf(this.state, session.incarnation);
    if (worker === undefined || worker.isLost) return;
    this.#silentMs.set(session.incarnation, session.answeredMs);
    for (const { sample } of this.#active.values()) {
      if (sample?.worker === session) sample.worker = undefined;
    }
    this.#schedule();
  }

  /** What a registered worker says. */
  hear(session: WorkerSession, message: WorkerMessage): void {
    if (this.#sessions.get(session.incarnation) !== session) return;
    session.answeredMs = this.#options.nowMs();
    switch (message.type) {
      case "register":
      case "pong":
        return;
      case "progress":
        for (const progress of message.attempts) {
          const active = this.#activeOf(progress.attempt);
          if (progress.attempt.phase !== "sample") active?.step?.progressed(progress);
        }
        return;
      case "attempt-killed":
        session.release(message.attempt);
        session.say({ type: "recorded", attempts: [message.attempt] });
        return this.#schedule();
      case "attempt-succeeded":
        session.release(message.attempt);
        return this.#succeeded(session, message.attempt, message.result);
      case "attempt-failed":
        session.release(message.attempt);
        return this.#failed(session, message.attempt, message.failure, message.fatal);
      case "fetch-failed":
        return this.#fetchFailed(message);
    }
  }

  /** This master does not lead any more, or ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const session of this.#sessions.values()) session.end();
    await Promise.all([...this.#active.values()].map(({ driver }) => driver.close()));
    this.#notify();
  }

  #refusalOf(incarnation: Incarnation, register: Register) {
    const { version } = packageFacts();
    if (register.version !== version) {
      const message = `The master has version ${version}, the worker ${register.version}.`;
      return { reason: "version", message } as const;
    }
    const known = this.state.workers.get(register.worker);
    if (known?.past.includes(incarnation) === true) {
      const message = `Another process has registered as ${register.worker} since.`;
      return { reason: "superseded", message } as const;
    }
    if (known?.incarnation === incarnation && known.isLost) {
      const message = "It was silent for too long, and what it held was given up.";
      return { reason: "lost", message } as const;
    }
    return undefined;
  }

  /** Compares what the log says of a worker with what it says itself. */
  #reconcile(session: WorkerSession): void {
    const { running, ended, jobs } = session.register;
    const known = new Set([...running, ...ended].map(attemptKey));
    const supposed = new Set<string>();
    for (const job of this.state.scheduler.jobs.values()) {
      if (hasEnded(job)) continue;
      for (const ref of runningOn(job, session.incarnation)) {
        supposed.add(attemptKey(ref));
        if (!known.has(attemptKey(ref))) this.#lose(ref, "The worker does not know of it.");
      }
    }
    for (const ref of running) {
      if (!supposed.has(attemptKey(ref))) this.#kill(session, ref, "unknown-attempt");
    }
    for (const job of jobs) {
      if (this.state.scheduler.jobs.has(job)) session.setups.add(job);
      else session.say({ type: "forget-job", job });
    }
    // What it was told of regions may not have been heard.
    for (const ref of running) if (supposed.has(attemptKey(ref))) this.#sendLocations(session, ref);
  }

  #giveUp(incarnation: Incarnation, name: WorkerName): void {
    this.#dropSession(incarnation);
    this.#silentMs.delete(incarnation);
    this.#options.onEvent("worker-lost", `Worker ${name} does not answer: it is given up.`);
    void this.#propose({ type: "lose-worker", worker: workerId(incarnation) });
  }

  #dropSession(incarnation: Incarnation): void {
    const session = this.#sessions.get(incarnation);
    this.#sessions.delete(incarnation);
    session?.end();
    for (const { sample } of this.#active.values()) {
      if (sample !== undefined && sample.worker === session) sample.worker = undefined;
    }
  }

  // Drivers

  #startDriver(job: ClusterJob, isResumed: boolean): void {
    const { bundles, drive } = this.#options;
    const { id, spec, outputId, slots, submittedMs, isCancelled } = job;
    const bundle = bundles.read(spec.bundle);
    const data = { spec, bundle, outputId, slots, submittedMs, isResumed, isCancelled };
    const driver = drive(data, (message) => this.#fromDriver(id, message));
    const facts = { driver, step: undefined, sample: undefined };
    this.#active.set(id, { ...facts, keeping: new Map(), warned: new Set() });
  }

  #fromDriver(id: JobId, message: FromDriver): void {
    const job = this.state.jobs.get(id);
    const active = this.#active.get(id);
    if (this.#isClosed || job === undefined || active === undefined) return;
    switch (message.type) {
      case "kept":
        active.keeping.get(message.id)?.();
        active.keeping.delete(message.id);
        return;
      case "event":
        if (!isTold(job, message.event)) this.#record(id, message.event);
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
      active.sample = { plan: step, attempt: 0, worker: undefined, skip: [] };
      return this.#schedule();
    }
    this.#begin(job, step, undefined);
  }

  /** Another leader had begun the step: it goes on, if it is the same. */
  #resume({ current, id }: ClusterJob, active: ActiveJob, step: PlannedStep): void {
    const state = this.state.scheduler.jobs.get(current!.job);
    if (current!.planHash !== step.hash || state === undefined) {
      active.driver.stop();
      const message = "The input has changed while the job ran: run it again.";
      const error = { code: "INPUT_CHANGED", message };
      return this.#record(id, { type: "job-ended", ok: false, error });
    }
    active.step = new StepUnderWay(step, state, this.#options.nowMs());
    for (const phase of ["map", "reduce"] as const) {
      for (const task of phaseOf(state, phase).tasks) {
        const winner = task.attempts.find((attempt) => attempt.state === "succeeded");
        if (winner === undefined) continue;
        const label = { phase, task: task.index, attempt: winner.number };
        const written = active.step.writtenBy(label, task.result as KeptResult);
        active.driver.tell({ type: "won", attempt: label, written });
      }
    }
    this.#endIfDone(state);
    this.#schedule();
  }

  #begin(job: ClusterJob, step: PlannedStep, boundaries: readonly Uint8Array[] | undefined): void {
    const { label, splits, partitions, hash, skippedMax, skipped } = step;
    const active = this.#active.get(job.id)!;
    active.sample = undefined;
    const id = stepJobId(job.id, label);
    const submit = {
      type: "submit-job",
      job: id,
      mapTasks: splits.length,
      reduceTasks: partitions,
      limits: { attemptsMax: job.spec.attemptsMax ?? 4, skippedMax },
      skipped,
    } as const;
    void this.#propose({
      type: "begin-step",
      job: job.id,
      label,
      planHash: hash,
      boundaries,
      submit,
    }).then(() => {
      const state = this.state.scheduler.jobs.get(id);
      if (state === undefined || this.#isClosed) return;
      active.step = new StepUnderWay(step, state, this.#options.nowMs());
      this.#endIfDone(state);
      this.#schedule();
    });
  }

  // Attempts

  #succeeded(session: WorkerSession, ref: AnyAttemptRef, result: ReportedResult): void {
    const active = this.#activeOf(ref);
    if (active === undefined || ref.phase === "sample") {
      session.say({ type: "recorded", attempts: [ref] });
      if (active?.sample !== undefined && active.sample.worker === session) {
        const job = this.state.jobs.get(ownerOf(ref.job))!;
        const { output } = result;
        this.#begin(job, active.sample.plan, output.kind === "sample" ? output.boundaries : []);
      }
      return this.#schedule();
    }
    const phase = ref.phase as Phase;
    const label = { phase, task: ref.task, attempt: ref.attempt };
    const { counters, spills, skipped, lastSkipped, output, bad, log, leftRunning } = result;
    if (leftRunning.length > 0) this.#warn(ref, wordsOfLeftRunning(phase, leftRunning));
    const told = (): void => {
      void this.#propose({
        type: "succeed-attempt",
        ...(ref as AttemptRef),
        result: { counters, spills, skipped, output } satisfies KeptResult,
        skipped,
        lastSkipped,
      }).then(() => session.say({ type: "recorded", attempts: [ref] }));
    };
    if (bad.length === 0 && log === "") return told();
    const id = ++this.#keepId;
    active.keeping.set(id, told);
    active.driver.tell({ type: "keep", id, attempt: label, bad, log });
  }

  #failed(session: WorkerSession, ref: AnyAttemptRef, failure: Failure, fatal: boolean): void {
    const active = this.#activeOf(ref);
    if (active === undefined || ref.phase === "sample") {
      session.say({ type: "recorded", attempts: [ref] });
      if (active?.sample?.worker === session) this.#sampleFailed(ref, active.sample, failure);
      return this.#schedule();
    }
    void this.#proposeFailure(ref as AttemptRef, failure, fatal, session.name).then(() => {
      session.say({ type: "recorded", attempts: [ref] });
    });
  }

  #sampleFailed(ref: AnyAttemptRef, sample: Sample, failure: Failure): void {
    sample.worker = undefined;
    if (failure.kind === "lost") return;
    if (failure.record === undefined || sample.skip.length === SAMPLE_SKIPS_MAX) {
      const message = `Cannot sample the input: ${describeFailure(failure)}`;
      const error = { code: failure.code, message };
      this.#active.get(ownerOf(ref.job))?.driver.stop();
      return this.#record(ownerOf(ref.job), { type: "job-ended", ok: false, error });
    }
    // The thread died of a record. Its map task will too, and tell; a sample can do without it.
    sample.skip.push({ ordinal: failure.record.ordinal, error: failure.message });
  }

  async #proposeFailure(
    ref: AttemptRef,
    failure: Failure,
    fatal: boolean,
    worker: WorkerName | undefined,
  ): Promise<void> {
    const { job, phase, task, attempt } = ref;
    const before = this.#stateOf(ref);
    await this.#propose({ type: "fail-attempt", job, phase, task, attempt, failure, fatal });
    const state = this.state.scheduler.jobs.get(job);
    const step = this.#activeOf(ref)?.step;
    if (before !== "running" || state === undefined || step === undefined) return;
    const facts = { phase, task, attempt, failure, retry: !hasEnded(state) };
    const event = { type: "attempt-failed", ...step.plan.label, ...facts } as const;
    this.#record(ownerOf(job), event, worker);
  }

  /** An attempt is out of reach; that is nobody's fault. */
  #lose(ref: AttemptRef, message: string): void {
    void this.#proposeFailure(ref, lostFailure(message), false, undefined);
  }

  #kill(
    session: WorkerSession,
    attempt: AnyAttemptRef,
    reason: "lost-race" | "job-ended" | "unknown-attempt",
  ): void {
    session.say({ type: "kill", attempt, reason });
  }

  /** Decides once for everybody what becomes of a region that a reducer could not have. */
  #fetchFailed({ producer, workerIncarnation, reason, message }: FetchFailed): void {
    const state = this.state.scheduler.jobs.get(producer.job);
    const task = state?.map.tasks[producer.task];
    const isWinner = task?.attempts[producer.attempt]?.state === "succeeded";
    if (state === undefined || producer.phase !== "map" || !isWinner) return;
    const key = attemptKey(producer);
    const times = (this.#fetchFaults.get(key) ?? 0) + 1;
    this.#fetchFaults.set(key, times);
    const isFinal = reason === "gone" || reason === "length" || reason === "corrupt";
    if (!isFinal && this.#sessions.has(workerIncarnation) && times < FETCH_TRIES_MAX) {
      // The same place again: it may have been a moment's trouble.
      return this.#sendLocation(state, producer.task);
    }
    this.#fetchFaults.delete(key);
    this.#options.onEvent("map-output-lost", `A map output is lost: ${message}`);
    const { job, task: index, attempt } = producer;
    void this.#propose({ type: "lose-map-output", job, task: index, attempt });
  }

  // Commands

  /** Puts a command into the log; resolves when it has been applied and acted upon. */
  #propose(command: ClusterCommand): Promise<void> {
    return new Promise((resolve) => {
      this.#pending.push({ command, done: resolve });
      if (!this.#isAppending) queueMicrotask(() => void this.#append());
    });
  }

  async #append(): Promise<void> {
    if (this.#isAppending) return;
    this.#isAppending = true;
    try {
      while (this.#pending.length > 0 && !this.#isClosed) {
        const batch = this.#pending;
        this.#pending = [];
        await this.#options.log.append(batch.map(({ command }) => command));
        for (const { command, done } of batch) {
          this.#commit(command);
          done();
        }
        if (this.#mustPlan) this.#plan();
      }
    } catch (thrown) {
      this.#options.onBug(thrown);
    } finally {
      this.#isAppending = false;
    }
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
          this.#startDriver(this.state.jobs.get(command.job)!, false);
        return;
      case "request-cancel":
        return this.#active.get(command.job)?.driver.stop();
      case "assign-task":
        return this.#assigned(command);
      case "succeed-attempt":
        return this.#won(command);
      case "fail-attempt": {
        const state = this.state.scheduler.jobs.get(command.job);
        this.#activeOf(command)?.step?.ended(command);
        if (state !== undefined) this.#endIfDone(state);
        return this.#schedule();
      }
      case "lose-map-output": {
        const state = this.state.scheduler.jobs.get(command.job);
        if (state !== undefined) this.#tellLost(state, [command.task]);
        return this.#schedule();
      }
      case "lose-worker":
      case "register-worker":
        for (const [job, completed] of before) {
          const lost = [...completed].filter(
            (index) => job.map.tasks[index]!.state !== "completed",
          );
          if (lost.length > 0) this.#tellLost(job, lost);
        }
        return this.#schedule();
      case "end-step": {
        const active = this.#active.get(command.job);
        if (active !== undefined) active.step = undefined;
        this.#forget(stepJobId(command.job, command.label));
        active?.driver.tell({ type: "step-done", outcome: command.outcome });
        return this.#schedule();
      }
      case "record-event":
        if (command.event.type === "job-ended") this.#jobEnded(command.job);
        return;
    }
  }

  #assigned(command: AssignTask): void {
    const session = this.#sessions.get(command.worker as string as Incarnation);
    const step = this.#activeOf(command)?.step;
    if (this.#stateOf(command) !== "running") return;
    if (session === undefined || step === undefined) {
      return this.#lose(command, "Its worker was gone before it could be told.");
    }
    const { job, phase, task, attempt } = command;
    const ref = { job, phase, task, attempt };
    this.#sendSetup(session, step);
    const state = phaseOf(step.job, phase).tasks[task]!;
    const skipsLeft = Math.max(0, step.plan.skippedMax - step.job.skipped);
    session.take(ref);
    session.say({
      type: "assign",
      assignment: assignmentOf(ref, state.skip, skipsLeft, step.plan),
    });
    if (phase === "reduce") this.#sendLocations(session, ref);
  }

  #sendSetup(session: WorkerSession, { plan: step, job }: StepUnderWay): void {
    if (!session.setups.has(job.id)) {
      session.setups.add(job.id);
      session.say({ type: "job-setup", setup: this.#setupOf(job.id, step) });
    }
    const keys = this.state.jobs.get(ownerOf(job.id))?.current?.boundaries;
    // A worker that has read the sample has the setup, and not yet what came of it.
    if (keys === undefined || session.boundaries.has(job.id)) return;
    session.boundaries.add(job.id);
    session.say({ type: "boundaries", job: job.id, keys });
  }

  #setupOf(job: JobId, step: PlannedStep) {
    const { spec } = this.state.jobs.get(ownerOf(job))!;
    return {
      job,
      bundle: spec.bundle,
      step: step.label.step,
      params: spec.params,
      environment: spec.environment,
      partitions: step.partitions,
      mapTasks: step.splits.length,
      previous: step.previous,
      output: step.output.kind,
      outputPath: step.output.path,
      taskTimeoutMs: spec.taskTimeoutMs ?? TASK_TIMEOUT_MS_DEFAULT,
      memoryBytesMax: spec.memoryBytes,
    };
  }

  #won(command: AttemptRef & { readonly result: unknown }): void {
    const active = this.#activeOf(command);
    const step = active?.step;
    if (active === undefined || step === undefined) return;
    step.ended(command);
    const { job, phase, task, attempt } = command;
    const state = phaseOf(step.job, phase).tasks[task]!;
    if (state.attempts[attempt]?.state === "succeeded") {
      const label = { phase, task, attempt };
      const written = step.writtenBy(label, command.result as KeptResult);
      active.driver.tell({ type: "won", attempt: label, written });
      if (phase === "map") this.#sendLocation(step.job, task);
      for (const other of state.attempts) {
        const session = this.#sessions.get(other.worker as string as Incarnation);
        const ref = { job, phase, task, attempt: other.number };
        if (other.state === "killed" && session?.runs(ref) === true) {
          this.#kill(session, ref, "lost-race");
        }
      }
    }
    this.#endIfDone(step.job);
    this.#schedule();
  }

  #endIfDone(state: JobState): void {
    const id = ownerOf(state.id);
    const active = this.#active.get(id);
    if (active?.step?.job !== state) return;
    if (state.phase === "done") {
      const { label } = active.step.plan;
      void this.#propose({ type: "end-step", job: id, label, outcome: active.step.outcome() });
    } else if (state.phase === "failed" && state.verdict !== undefined) {
      active.driver.tell({ type: "step-failed", verdict: state.verdict });
    }
  }

  #jobEnded(id: JobId): void {
    const active = this.#active.get(id);
    this.#active.delete(id);
    if (active === undefined) return;
    void active.driver.close();
    if (active.step !== undefined) this.#forget(active.step.job.id);
    this.#schedule();
  }

  /** A step's job is over: workers end what is left of it, and remove its files. */
  #forget(job: JobId): void {
    for (const session of this.#sessions.values()) {
      if (!session.setups.delete(job)) continue;
      session.boundaries.delete(job);
      session.say({ type: "forget-job", job });
      for (const attempt of session.attempts) if (attempt.job === job) session.release(attempt);
    }
  }

  // Regions

  /** All regions that a reduce attempt can have by now. */
  #sendLocations(session: WorkerSession, { job, phase, task }: AnyAttemptRef): void {
    const state = this.state.scheduler.jobs.get(job);
    if (phase !== "reduce" || state === undefined) return;
    const sources = new Map<string, RegionSource>();
    const locations = state.map.tasks.flatMap(({ index }) => {
      const location = this.#locationOf(state, index, task, sources);
      return location === undefined ? [] : [location];
    });
    if (locations.length === 0) return;
    session.say({ type: "region-locations", job, partition: task, locations });
  }

  /** A map output was found again, or for the first time: reduces that run want it. */
  #sendLocation(state: JobState, mapTask: TaskIndex): void {
    for (const { session, ref } of this.#runningReduces(state)) {
      const location = this.#locationOf(state, mapTask, ref.task, new Map());
      if (location === undefined) continue;
      const { job, task: partition } = ref;
      session.say({ type: "region-locations", job, partition, locations: [location] });
    }
  }

  #tellLost(state: JobState, tasks: readonly TaskIndex[]): void {
    const regions = tasks.flatMap((mapTask) =>
      state.map.tasks[mapTask]!.attempts.filter((attempt) => attempt.state === "lost").map(
        ({ number }) => ({ mapTask, mapAttempt: number }),
      ),
    );
    const sessions = new Set(this.#runningReduces(state).map(({ session }) => session));
    for (const session of sessions) session.say({ type: "lost-regions", job: state.id, regions });
  }

  #runningReduces(state: JobState): { session: WorkerSession; ref: AttemptRef }[] {
    const found: { session: WorkerSession; ref: AttemptRef }[] = [];
    for (const session of this.#sessions.values()) {
      for (const ref of session.attempts) {
        if (ref.job === state.id && ref.phase === "reduce") {
          found.push({ session, ref: ref as AttemptRef });
        }
      }
    }
    return found;
  }

  #locationOf(
    state: JobState,
    mapTask: TaskIndex,
    partition: number,
    sources: Map<string, RegionSource>,
  ): RegionLocation | undefined {
    const { attempts, result } = state.map.tasks[mapTask]!;
    const output = (result as KeptResult | undefined)?.output;
    const winner = attempts.find((attempt) => attempt.state === "succeeded");
    if (winner === undefined || output?.kind !== "map") return undefined;
    const incarnation = winner.worker as string as Incarnation;
    let source = sources.get(incarnation);
    if (source === undefined) {
      const worker = workerOf(this.state, incarnation);
      if (worker === undefined) return undefined;
      source = { worker: worker.name, incarnation, address: worker.regionAddress };
      sources.set(incarnation, source);
    }
    return {
      mapTask,
      mapAttempt: winner.number,
      source,
      region: regionOf(output.regions, partition),
    };
  }

  // Planning

  #schedule(): void {
    if (this.#mustPlan) return;
    this.#mustPlan = true;
    queueMicrotask(() => {
      if (!this.#isAppending) this.#plan();
    });
  }

  /** Called where no assignment is on its way to the log, so that none is made twice. */
  #plan(): void {
    if (!this.#mustPlan || this.#isClosed) return;
    this.#mustPlan = false;
    this.#assignSamples();
    const workers = [...this.#sessions.values()].map((session) => ({
      id: workerId(session.incarnation),
      free: session.free,
    }));
    const isReady = (command: AssignTask) => this.#activeOf(command)?.step !== undefined;
    const commands = plan(this.state.scheduler, { workers }).filter(isReady);
    for (const command of commands) void this.#propose(command);
    if (commands.length === 0) this.#preempt(workers.reduce((sum, { free }) => sum + free, 0));
  }

  /** Reduces that wait for a map output must not keep its task from a slot. */
  #preempt(free: number): void {
    if (free > 0) return;
    for (const state of this.state.scheduler.jobs.values()) {
      if (state.phase !== "map" || state.map.idle.length === 0) continue;
      const reduces = this.#runningReduces(state).slice(-state.map.idle.length);
      for (const { session, ref } of reduces) {
        this.#kill(session, ref, "unknown-attempt");
        if (this.#stateOf(ref) === "running") this.#lose(ref, "Its slot is needed by a map task.");
      }
    }
  }

  #assignSamples(): void {
    for (const [id, { sample }] of this.#active) {
      if (sample === undefined || sample.worker !== undefined) continue;
      const session = [...this.#sessions.values()].find(({ free }) => free > 0);
      if (session === undefined) return;
      const job = stepJobId(id, sample.plan.label);
      const attempt = attemptNumber(sample.attempt++);
      const ref = { job, phase: "sample", task: taskIndex(0), attempt } as const;
      sample.worker = session;
      if (!session.setups.has(job)) {
        session.setups.add(job);
        // Its boundaries follow when they are known, before its first map attempt.
        session.say({ type: "job-setup", setup: this.#setupOf(job, sample.plan) });
      }
      session.take(ref);
      const task = { kind: "sample", windows: sample.plan.windows } as const;
      const assignment = { attempt: ref, skip: sample.skip, skipsLeft: sample.skip.length, task };
      session.say({ type: "assign", assignment });
    }
  }

  // Events

  #record(job: JobId, event: JobEvent, worker?: WorkerName): void {
    void this.#propose({ type: "record-event", job, event, timeMs: Date.now(), worker });
  }

  #warn(ref: AnyAttemptRef, message: string): void {
    const active = this.#activeOf(ref);
    if (active === undefined || active.warned.has(message)) return;
    active.warned.add(message);
    this.#record(ownerOf(ref.job), { type: "warning", message });
  }

  #notify(): void {
    for (const callback of this.#watchers) callback();
  }

  #activeOf({ job }: { readonly job: JobId }): ActiveJob | undefined {
    return this.#active.get(ownerOf(job));
  }

  #stateOf({ job, phase, task, attempt }: AttemptRef): string | undefined {
    const state = this.state.scheduler.jobs.get(job);
    if (state === undefined) return undefined;
    return phaseOf(state, phase).tasks[task]?.attempts[attempt]?.state;
  }
}

/** Whether watchers have been told by an earlier driver of the same job. */
function isTold({ events }: ClusterJob, event: JobEvent): boolean {
  switch (event.type) {
    case "progress":
      return true;
    case "warning":
      return events.some((it) => it.event.type === "warning" && it.event.message === event.message);
    case "job-started":
      return events.some((it) => it.event.type === "job-started");
    case "step-started":
    case "step-ended":
      return events.some(
        ({ event: it }) =>
          it.type === event.type && it.step === event.step && it.iteration === event.iteration,
      );
    default:
      return false;
  }
}

function* runningOn(job: JobState, incarnation: Incarnation): Generator<AttemptRef> {
  for (const phase of ["map", "reduce"] as const) {
    for (const task of phaseOf(job, phase).tasks) {
      for (const { number, worker, state } of task.attempts) {
        if (state !== "running" || (worker as string) !== incarnation) continue;
        yield { job: job.id, phase, task: task.index, attempt: number };
      }
    }
  }
}

function assignmentOf(
  ref: AttemptRef,
  skip: readonly SkippedRecord[],
  skipsLeft: number,
  { splits, output, runs }: PlannedStep,
): Assignment {
  const base = { attempt: ref, skip, skipsLeft };
  if (ref.phase === "map") return { ...base, task: { kind: "map", split: splits[ref.task]! } };
  const upload = output.uploads?.[ref.task];
  const run = runs?.[ref.task];
  if (run === undefined) {
    return { ...base, task: { kind: "reduce", passThrough: false, upload, input: undefined } };
  }
  const { path, offset, lengthBytes: sizeBytes, ...sizes } = run;
  const name = `partition ${ref.task} of the step before`;
  const file = {
    path,
    name,
    index: 0,
    sizeBytes: offset + sizeBytes,
    modifiedMs: 0,
    compression: "none",
  } as const;
  const segments = [{ file, start: offset, end: offset + sizeBytes, run: sizes }];
  const input = { index: 0, segments, sizeBytes };
  return { ...base, task: { kind: "reduce", passThrough: true, upload, input } };
}

function lostFailure(message: string): Failure {
  const words = { message, stack: "", codeFrame: undefined, logTail: "" };
  return { kind: "lost", code: "CLUSTER_UNREACHABLE", ...words, record: undefined };
}

/** The error of a job that nobody knows. */
export function noSuchJob(job: JobId): SheafError {
  return new SheafError("NOT_FOUND", `The cluster has no job ${job}. "sheaf jobs" lists them.`);
}
