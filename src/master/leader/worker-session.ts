/**
 * A worker as its leader sees it: the stream to it, what it was told, and which of its slots are
 * taken. All of this is the leader's memory; the log knows only who is registered.
 */

import type { Incarnation, JobId, Term, WorkerName } from "../../base/ids.ts";
import { attemptKey } from "../../rpc/attempt-name.ts";
import type { OutgoingQueue } from "../../rpc/outgoing-queue.ts";
import type { AnyAttemptRef } from "../../rpc/wire/attempt.ts";
import type { FromMaster, MasterMessage } from "../../rpc/wire/from-master.ts";
import type { AttemptProgress, Register } from "../../rpc/wire/from-worker.ts";
import type { JobSetup } from "../../rpc/wire/task.ts";

/** A slot, and how far the attempt in it is. */
export interface TakenSlot {
  readonly sinceMs: number;
  progress: AttemptProgress;
}

/** See the head of this file. */
export class WorkerSession {
  readonly name: WorkerName;
  readonly incarnation: Incarnation;
  readonly register: Register;
  /** Jobs whose setup it has. */
  readonly setups = new Set<JobId>();
  /** Jobs of which it was told where partitions begin. */
  readonly boundaries = new Set<JobId>();
  /** Attempts that it was told to run and has not said the end of. */
  readonly #taken = new Map<string, TakenSlot>();
  readonly #queue: OutgoingQueue<FromMaster>;
  readonly #term: Term;
  #sequence = 0;
  answeredMs: number;

  constructor(
    incarnation: Incarnation,
    register: Register,
    queue: OutgoingQueue<FromMaster>,
    term: Term,
    nowMs: number,
  ) {
    this.name = register.worker;
    this.incarnation = incarnation;
    this.register = register;
    this.#queue = queue;
    this.#term = term;
    this.answeredMs = nowMs;
    for (const attempt of register.running) this.take(attempt, nowMs);
  }

  /** Tells it of a job, once. */
  setUp(setup: JobSetup): void {
    if (this.setups.has(setup.job)) return;
    this.setups.add(setup.job);
    this.say({ type: "job-setup", setup });
  }

  get free(): number {
    return Math.max(0, this.register.slots - this.#taken.size);
  }

  get running(): number {
    return this.#taken.size;
  }

  get attempts(): readonly AnyAttemptRef[] {
    return [...this.#taken.values()].map(({ progress }) => progress.attempt);
  }

  get slots(): Iterable<TakenSlot> {
    return this.#taken.values();
  }

  take(attempt: AnyAttemptRef, nowMs: number): void {
    const progress = { attempt, records: 0, bytes: 0, spills: 0 };
    this.#taken.set(attemptKey(attempt), { sinceMs: nowMs, progress });
  }

  progressed(progress: AttemptProgress): void {
    const slot = this.#taken.get(attemptKey(progress.attempt));
    if (slot !== undefined) slot.progress = progress;
  }

  release(attempt: AnyAttemptRef): void {
    this.#taken.delete(attemptKey(attempt));
  }

  runs(attempt: AnyAttemptRef): boolean {
    return this.#taken.has(attemptKey(attempt));
  }

  /** A worker that takes nothing of what it is told loses its stream. */
  say(message: MasterMessage): void {
    const { incarnation } = this;
    if (!this.#queue.push({ term: this.#term, incarnation, message })) this.end();
  }

  ping(): void {
    this.say({ type: "ping", sequence: ++this.#sequence });
  }

  end(): void {
    this.#queue.end();
  }
}
