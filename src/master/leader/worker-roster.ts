/**
 * The workers that have a stream to this leader, and those that should: who is taken in, who is pinged,
 * and who is given up.
 */

import {
  type Incarnation,
  type JobId,
  type Term,
  type WorkerName,
  workerId,
} from "../../base/ids.ts";
import { attemptKey } from "../../rpc/attempt-name.ts";
import type { OutgoingQueue } from "../../rpc/outgoing-queue.ts";
import type { AnyAttemptRef } from "../../rpc/wire/attempt.ts";
import type { FromMaster } from "../../rpc/wire/from-master.ts";
import type { Register } from "../../rpc/wire/from-worker.ts";
import type { WorkerLossKind } from "../../scheduler/effect.ts";
import type { AttemptRef, AttemptState, WorkerState } from "../../scheduler/state.ts";
import { lifeOf, ownerOf, workerOf } from "../state/cluster-state.ts";
import type { LeaderContext } from "./active-job.ts";
import { refusalOf } from "./registration.ts";
import type { WaitingRoom } from "./waiting-room.ts";
import { WorkerSession } from "./worker-session.ts";

/**
 * For workers to find a leader that has just begun: at least so long, and so much longer than they take to
 * find the one before silent. Their own waits between two rounds are shorter.
 */
const RETURN_MS_MIN = 10_000;
const RETURN_MS_BEYOND_TIMEOUT = 5000;
/** Workers that are remembered as lost. */
const LOST_MAX = 1000;
const NOTHING: ReadonlySet<AttemptState> = new Set();

/** What a roster needs of its leader. */
export interface WorkerRosterOptions {
  readonly term: Term;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** An attempt is out of reach. */
  readonly lose: (attempt: AttemptRef, why: string) => void;
  /** A reduce attempt may not have heard where its regions are. */
  readonly tellRegions: (session: WorkerSession, attempt: AnyAttemptRef) => void;
}

/** A worker that was given up. */
export interface LostWorker {
  readonly worker: WorkerState;
  readonly heardMs: number;
}

/** A registered worker that has no stream: when it was heard last, and after when it is given up. */
interface Silence {
  readonly heardMs: number;
  readonly dueMs: number;
}

/** See the head of this file. */
export class WorkerRoster {
  readonly sessions = new Map<Incarnation, WorkerSession>();
  /** Those that were given up and have not come back, the latest last. */
  readonly lost = new Map<WorkerName, LostWorker>();
  readonly #silent = new Map<Incarnation, Silence>();
  readonly #context: LeaderContext;
  readonly #options: WorkerRosterOptions;

  constructor(context: LeaderContext, options: WorkerRosterOptions) {
    this.#context = context;
    this.#options = options;
    const heardMs = context.clock.nowMs();
    const returnMs = Math.max(RETURN_MS_MIN, options.pingTimeoutMs + RETURN_MS_BEYOND_TIMEOUT);
    for (const id of context.state.scheduler.workers.live.keys()) {
      this.#silent.set(lifeOf(id), { heardMs, dueMs: heardMs + returnMs });
    }
  }

  /** Attempts that all of them can run at once. */
  get slots(): number {
    let slots = 0;
    for (const { register } of this.sessions.values()) slots += register.slots;
    return slots;
  }

  /**
   * How many more attempts a worker may be given, to run or to wait. One that has ended there keeps its
   * slot until the log knows of its end: in between the scheduler counts it as one that runs.
   */
  roomOf(session: WorkerSession, waiting: WaitingRoom): number {
    const { slots } = session.register;
    const running = workerOf(this.#context.state, session.incarnation)?.running ?? NOTHING;
    let room = slots + waiting.of(slots, running) - session.running;
    for (const attempt of running) if (!session.runs(attempt)) room--;
    return Math.max(0, room);
  }

  /** When a registered worker was heard last; by a leader that never has, when that began to lead. */
  heardMs(incarnation: Incarnation): number {
    const session = this.sessions.get(incarnation);
    return session?.answeredMs ?? this.#silent.get(incarnation)?.heardMs ?? this.#nowMs;
  }

  /** Time has passed: pings those who are there, and gives up those who are not. */
  tick(): void {
    const nowMs = this.#nowMs;
    const { pingTimeoutMs } = this.#options;
    for (const session of [...this.sessions.values()]) {
      if (nowMs - session.answeredMs <= pingTimeoutMs) session.ping();
      else this.#giveUp(session.incarnation);
    }
    for (const [incarnation, { dueMs }] of [...this.#silent]) {
      if (nowMs > dueMs) this.#giveUp(incarnation);
    }
  }

  /** Takes a worker's stream in, or says why not. */
  async register(
    incarnation: Incarnation,
    register: Register,
    queue: OutgoingQueue<FromMaster>,
  ): Promise<WorkerSession | undefined> {
    const { term, pingIntervalMs, pingTimeoutMs } = this.#options;
    const { state } = this.#context;
    if (refusalOf(state, incarnation, register) === undefined) {
      const { worker: name, regionAddress: address, slots, host, rack } = register;
      const life = { worker: workerId(incarnation), name, address, slots, host, rack };
      if (workerOf(state, incarnation) === undefined) {
        await this.#context.commit({ type: "register-worker", ...life });
      }
    }
    const session = new WorkerSession(incarnation, register, queue, term, this.#nowMs);
    const refusal = refusalOf(state, incarnation, register);
    if (refusal !== undefined) {
      session.say({ type: "refused", leader: undefined, ...refusal });
      session.end();
      return undefined;
    }
    // An earlier stream of the same life has nothing more to say.
    this.sessions.get(incarnation)?.end();
    this.sessions.set(incarnation, session);
    this.#silent.delete(incarnation);
    session.say({ type: "registered", pingIntervalMs, pingTimeoutMs });
    session.ping();
    this.#reconcile(session);
    this.#context.tell("worker-registered", `Worker ${session.name} has registered.`);
    this.#context.schedule();
    return session;
  }

  /** The stream of a worker has broken; whether it lives, time will tell. */
  disconnected(session: WorkerSession): void {
    if (this.sessions.get(session.incarnation) !== session) return;
    this.sessions.delete(session.incarnation);
    if (workerOf(this.#context.state, session.incarnation) === undefined) return;
    const { incarnation, answeredMs } = session;
    const dueMs = answeredMs + this.#options.pingTimeoutMs;
    this.#silent.set(incarnation, { heardMs: answeredMs, dueMs });
    this.#context.schedule();
  }

  /** Compares what the log says of a worker with what it says itself. */
  #reconcile(session: WorkerSession): void {
    const { running, ended, jobs } = session.register;
    const known = new Set([...running, ...ended].map(attemptKey));
    const supposed = new Set<string>();
    const worker = workerOf(this.#context.state, session.incarnation);
    for (const ref of worker?.running ?? []) {
      supposed.add(attemptKey(ref));
      if (!known.has(attemptKey(ref))) this.#options.lose(ref, "The worker does not know of it.");
    }
    for (const ref of running) {
      if (!supposed.has(attemptKey(ref)))
        session.say({ type: "kill", attempt: ref, reason: "unknown-attempt" });
    }
    for (const job of jobs) {
      if (this.#context.state.scheduler.jobs.has(job)) session.setups.add(job);
      else session.say({ type: "forget-job", job });
    }
    // What it was told of regions may not have been heard.
    for (const ref of running)
      if (supposed.has(attemptKey(ref))) this.#options.tellRegions(session, ref);
  }

  #giveUp(incarnation: Incarnation): void {
    const heardMs = this.heardMs(incarnation);
    this.#dropSession(incarnation);
    this.#silent.delete(incarnation);
    const worker = workerOf(this.#context.state, incarnation);
    if (worker === undefined) return;
    // Once: its life is over when the log says so.
    this.#silent.set(incarnation, { heardMs, dueMs: Number.POSITIVE_INFINITY });
    this.#context.tell("worker-lost", `Worker ${worker.name} does not answer: it is given up.`);
    this.#context.propose({ type: "lose-worker", worker: workerId(incarnation) });
  }

  /** It was told to end: what it has is lost, and nobody waits for it. */
  leaves({ incarnation, name }: WorkerSession): void {
    this.#context.tell("worker-left", `Worker ${name} leaves.`);
    this.#context.propose({
      type: "lose-worker",
      worker: workerId(incarnation),
      hasLeft: true,
    });
  }

  /** The log has a new life of a worker. */
  registered({ name }: WorkerState): void {
    this.lost.delete(name);
  }

  /** The log has the end of a life. */
  ended(worker: WorkerState, how: WorkerLossKind): void {
    const life = lifeOf(worker.id);
    const heardMs = this.heardMs(life);
    this.#dropSession(life);
    this.#silent.delete(life);
    if (how !== "lost") return;
    this.lost.delete(worker.name);
    this.lost.set(worker.name, { worker, heardMs });
    const [oldest] = this.lost.keys();
    if (this.lost.size > LOST_MAX && oldest !== undefined) this.lost.delete(oldest);
  }

  get #nowMs(): number {
    return this.#context.clock.nowMs();
  }

  #dropSession(incarnation: Incarnation): void {
    const session = this.sessions.get(incarnation);
    this.sessions.delete(incarnation);
    session?.end();
  }

  /** A client's job is over, with whatever step it was in. */
  forgetAllOf(job: JobId): void {
    const steps = [...this.sessions.values()].flatMap(({ setups }) => [...setups]);
    for (const step of new Set(steps)) if (ownerOf(step) === job) this.forget(step);
  }

  /** A step's job is over: workers end what is left of it, and remove its files. */
  forget(job: JobId): void {
    for (const session of this.sessions.values()) {
      if (!session.setups.delete(job)) continue;
      session.boundaries.delete(job);
      session.say({ type: "forget-job", job });
      for (const attempt of session.attempts) if (attempt.job === job) session.release(attempt);
    }
  }
}
