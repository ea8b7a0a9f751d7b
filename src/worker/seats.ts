/**
 * The places in which attempts run, one for each slot of the worker. A seat keeps its thread for the
 * next attempt of the same code with the same params; other code gets a fresh one, because what code
 * has done to its thread cannot be undone. A thread outlives its job for a while, because the same code
 * often comes again, and what a thread has learnt of it is worth a third of a second of CPU time.
 */

import type { Cancel, Clock } from "../base/clock.ts";
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

/** How long a thread waits for its code to come again after its job is over. */
export const SPARE_MS = 60_000;

/** One of them. It belongs to the attempt that has taken it until that gives it back. */
export class Seat {
  readonly #start: StartThread;
  readonly #clock: Clock;
  #thread: SlotThread | undefined;
  /** What the thread is for. */
  #key: string | undefined;
  /** The job whose attempt has it, or had it last; none when that is over. */
  #job: BlamedJob | undefined;
  /** Whether an attempt has ended well in the thread... */
  #hasServed = false;
  /** ...and none in a way that may leave something going on there. */
  #isQuiet = true;
  #isInherited = false;
  #keepNoLonger: Cancel | undefined;
  #isTaken = false;
  /** Whether an attempt runs in the thread, and not only waits for it. */
  isRunning = false;

  constructor(start: StartThread, clock: Clock) {
    this.#start = start;
    this.#clock = clock;
  }

  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** What the thread that it keeps is for. */
  get key(): string | undefined {
    return this.#key;
  }

  /** Whether its thread is one that no job needs. */
  get isSpare(): boolean {
    return this.#keepNoLonger !== undefined;
  }

  /** Whether its thread has served a job that is over, whose leavings may harm the one at hand. */
  get isInherited(): boolean {
    return this.#isInherited;
  }

  take(): void {
    this.#isTaken = true;
    this.#stopWaiting();
  }

  giveBack(): void {
    this.#isTaken = false;
    if (this.#thread !== undefined && this.#job === undefined) this.#waitForMore();
  }

  /** The job that had it is over: a thread that did well ends in a while, any other at once. */
  release(): void {
    this.blame();
    this.#job = undefined;
    if (!this.#isTaken) this.#waitForMore();
  }

  /** Has a thread for a job get ready. */
  prepare(job: BlamedJob, start: () => ThreadStart): void {
    this.blame();
    const isFit = this.#thread !== undefined && this.key === job.threadKey && !this.#isTainted;
    if (isFit) {
      if (this.#job === undefined) this.#isInherited = true;
    } else {
      void this.end();
      const { bundle, params, options } = start();
      this.#thread = this.#start(options);
      this.#thread.load(bundle, params);
      this.#key = job.threadKey;
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
    // What has failed may have been in the midst of anything.
    if (answer.type === "failed" || answer.leftRunning.length > 0) this.#isQuiet = false;
    else this.#hasServed = true;
    return answer;
  }

  progress(): ProgressReading | undefined {
    return this.isRunning ? this.#thread?.progress() : undefined;
  }

  /** Ends its thread, and whatever that does. */
  async end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#key = undefined;
    this.#job = undefined;
    this.#hasServed = false;
    this.#isQuiet = true;
    this.#isInherited = false;
    this.#stopWaiting();
    this.isRunning = false;
    await thread?.close();
  }

  #waitForMore(): void {
    this.#stopWaiting();
    if (!this.#hasServed || !this.#isQuiet || this.#isTainted) return void this.end();
    this.#keepNoLonger = this.#clock.after(SPARE_MS, () => void this.end());
  }

  #stopWaiting(): void {
    this.#keepNoLonger?.();
    this.#keepNoLonger = undefined;
  }

  get #isTainted(): boolean {
    const thread = this.#thread;
    return thread !== undefined && (thread.stray !== undefined || thread.late > 0);
  }
}

/** See the head of this file. */
export class Seats {
  readonly #seats: readonly Seat[];

  constructor(count: number, start: StartThread, clock: Clock) {
    this.#seats = Array.from({ length: count }, () => new Seat(start, clock));
  }

  /** A free seat, if there is one, of those whose thread is worth the least to others. */
  take(key: string): Seat | undefined {
    const free = this.#seats.filter((seat) => !seat.isTaken);
    const seat =
      free.find((each) => each.key === key) ??
      free.find((each) => each.key === undefined) ??
      free.find((each) => each.isSpare) ??
      free[0];
    seat?.take();
    return seat;
  }

  /** The last job of a key is over. */
  release(key: string): void {
    for (const seat of this.#seats) if (seat.key === key) seat.release();
  }

  async close(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.end()));
  }
}
