/**
 * The places in which attempts run, one for each slot of the worker. A seat keeps its thread for the
 * next attempt of the same code with the same params; other code gets a fresh one, because what code
 * has done to its thread cannot be undone.
 */

import type { SheafError } from "../base/error.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import type { Failure } from "../job/failure.ts";
import type { RawParams } from "../job/params.ts";
import { describeStray, lateEmits } from "../local/verdict.ts";
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

/** A job that is told when its code goes astray. */
export interface BlamedJob {
  /** The same for jobs that may share a thread. */
  readonly threadKey: string;
  /** Once it is set, no result of the job can be trusted. */
  stray: SheafError | undefined;
}

/** What a thread is started with. */
export interface ThreadStart {
  readonly bundle: JobBundle;
  readonly params: RawParams;
  readonly options: SlotOptions;
}

/** One of them. It belongs to the attempt that has taken it until that gives it back. */
export class Seat {
  readonly #start: StartThread;
  #thread: SlotThread | undefined;
  /** The job whose attempt has it, or had it last. */
  #job: BlamedJob | undefined;
  isTaken = false;
  /** Whether an attempt runs in the thread, and not only waits for it. */
  isRunning = false;

  constructor(start: StartThread) {
    this.#start = start;
  }

  /** What the thread that it keeps is for. */
  get key(): string | undefined {
    return this.#job?.threadKey;
  }

  /** Has a thread for a job get ready. */
  prepare(job: BlamedJob, start: () => ThreadStart): void {
    this.blame();
    const isFresh = this.#thread !== undefined && this.key === job.threadKey && !this.#isTainted;
    if (!isFresh) {
      void this.end();
      const { bundle, params, options } = start();
      this.#thread = this.#start(options);
      this.#thread.load(bundle, params);
    }
    this.#job = job;
  }

  /**
   * Tells the job whose code ran here last what that has done where no attempt waited for it: it died
   * of something, or emitted too late.
   */
  blame(): void {
    const thread = this.#thread;
    const job = this.#job;
    if (thread === undefined || job === undefined) return;
    if (thread.stray !== undefined) job.stray ??= describeStray(thread.stray);
    else if (thread.late > 0) job.stray ??= lateEmits(thread.late);
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

  /** Ends its thread, and whatever that does. */
  async end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#job = undefined;
    this.isRunning = false;
    await thread?.close();
  }

  get #isTainted(): boolean {
    const thread = this.#thread;
    return thread !== undefined && (thread.stray !== undefined || thread.late > 0);
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
