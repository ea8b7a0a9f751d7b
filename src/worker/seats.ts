/**
 * The places in which attempts run, one for each slot of the worker. A seat keeps its thread for the
 * next attempt of the same job; another job gets a fresh one, because what a job's code has done to its
 * thread cannot be undone.
 */

import type { JobBundle } from "../bundle/job-bundle.ts";
import type { Failure } from "../job/failure.ts";
import type { RawParams } from "../job/params.ts";
import type { SlotOptions } from "../slot/slot.ts";
import type { SlotAnswer } from "../slot/slot-message.ts";
import type { ProgressReading } from "../task/progress.ts";
import type { AnyTaskSpec } from "../task/task-spec.ts";

/** What a seat needs of a thread: a `Slot`, or what a simulation has in its place. */
export interface SlotThread {
  load(bundle: JobBundle, params: RawParams): void;
  run(spec: AnyTaskSpec): Promise<SlotAnswer>;
  progress(): ProgressReading;
  close(): Promise<void>;
  readonly stray: Failure | undefined;
  readonly late: number;
}

export type StartThread = (options: SlotOptions) => SlotThread;

/** What a thread runs. */
export interface ThreadJob {
  /** The same for jobs that may share a thread. */
  readonly key: string;
  readonly bundle: JobBundle;
  readonly params: RawParams;
  readonly options: SlotOptions;
}

/** One of them. It belongs to the attempt that has taken it until that gives it back. */
export class Seat {
  readonly #start: StartThread;
  #thread: SlotThread | undefined;
  #key: string | undefined;
  isTaken = false;
  /** Whether an attempt runs in the thread, and not only waits for it. */
  isRunning = false;

  constructor(start: StartThread) {
    this.#start = start;
  }

  /** The job whose thread it keeps. */
  get key(): string | undefined {
    return this.#key;
  }

  /** Has a thread for a job get ready. */
  prepare(job: ThreadJob): void {
    if (this.#thread !== undefined && this.#key === job.key && this.#thread.stray === undefined)
      return;
    void this.end();
    this.#key = job.key;
    this.#thread = this.#start(job.options);
    this.#thread.load(job.bundle, job.params);
  }

  /** Runs an attempt of the job that was prepared for. Never answers if `end` comes first. */
  async run(spec: AnyTaskSpec): Promise<SlotAnswer> {
    this.isRunning = true;
    const answer = await this.#thread!.run(spec);
    this.isRunning = false;
    return answer;
  }

  progress(): ProgressReading | undefined {
    return this.isRunning ? this.#thread?.progress() : undefined;
  }

  /** What code of its job has died of where no attempt was waiting for it. */
  get stray(): Failure | undefined {
    return this.#thread?.stray;
  }

  /** How often emit was called too late in this thread. */
  get late(): number {
    return this.#thread?.late ?? 0;
  }

  /** Ends its thread, and whatever that does. */
  async end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#key = undefined;
    this.isRunning = false;
    await thread?.close();
  }
}

/** See the head of this file. */
export class Seats {
  readonly #seats: readonly Seat[];

  constructor(count: number, start: StartThread) {
    this.#seats = Array.from({ length: count }, () => new Seat(start));
  }

  /** A free seat, if there is one: best one with a thread of the job, else one without any. */
  take(key: string): Seat | undefined {
    const free = this.#seats.filter((seat) => !seat.isTaken);
    const seat =
      free.find((each) => each.key === key) ??
      free.find((each) => each.key === undefined) ??
      free[0];
    if (seat !== undefined) seat.isTaken = true;
    return seat;
  }

  giveBack(seat: Seat): void {
    seat.isTaken = false;
  }

  /** Ends threads that wait for the next attempt of a job that is over. */
  release(key: string): void {
    for (const seat of this.#seats) if (!seat.isTaken && seat.key === key) void seat.end();
  }

  async close(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.end()));
  }
}
