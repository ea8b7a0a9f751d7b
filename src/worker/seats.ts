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

/** A thread, and what has become of it. */
interface KeptThread {
  readonly thread: SlotThread;
  /** What it is for. */
  readonly key: string;
  /** The job whose attempt has it, or had it last; none when that is over. */
  job: BlamedJob | undefined;
  /** Whether an attempt has ended well there... */
  hasServed: boolean;
  /** ...and none in a way that may leave something going on. */
  isQuiet: boolean;
  /** Whether it has served a job that is over. */
  isInherited: boolean;
}

/** One of them. It belongs to the attempt that has taken it until that gives it back. */
export class Seat {
  readonly #start: StartThread;
  readonly #clock: Clock;
  #kept: KeptThread | undefined;
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
    return this.#kept?.key;
  }

  /** Whether its thread is one that no job needs. */
  get isSpare(): boolean {
    return this.#keepNoLonger !== undefined;
  }

  /** Whether its thread has served a job that is over, whose leavings may harm the one at hand. */
  get isInherited(): boolean {
    return this.#kept?.isInherited === true;
  }

  take(): void {
    this.#isTaken = true;
    this.#stopWaiting();
  }

  giveBack(): void {
    this.#isTaken = false;
    if (this.#kept !== undefined && this.#kept.job === undefined) this.#waitForMore(this.#kept);
  }

  /** The job that had it is over: a thread that did well ends in a while, any other at once. */
  release(): void {
    if (this.#kept === undefined) return;
    this.blame();
    this.#kept.job = undefined;
    if (!this.#isTaken) this.#waitForMore(this.#kept);
  }

  /** Has a thread for a job get ready. */
  prepare(job: BlamedJob, start: () => ThreadStart): void {
    this.blame();
    const kept = this.#kept;
    if (kept !== undefined && kept.key === job.threadKey && !isTainted(kept.thread)) {
      kept.isInherited ||= kept.job === undefined;
      kept.job = job;
      return;
    }
    void this.end();
    const { bundle, params, options } = start();
    const thread = this.#start(options);
    thread.load(bundle, params);
    const conduct = { hasServed: false, isQuiet: true, isInherited: false };
    this.#kept = { thread, key: job.threadKey, job, ...conduct };
  }

  /**
   * Tells the job whose code ran here last what that has done where no attempt waited for it: it died
   * of something, or emitted too late.
   */
  blame(): void {
    if (this.#kept?.job === undefined) return;
    const { thread, job } = this.#kept;
    if (thread.stray !== undefined) job.stray ??= describeStray(thread.stray);
    else if (thread.late > 0) job.stray ??= lateEmits(thread.late);
  }

  /** Runs an attempt of the job that was prepared for. Never answers if `end` comes first. */
  async run(spec: AnyTaskSpec): Promise<SlotAnswer> {
    const kept = this.#kept!;
    this.isRunning = true;
    const answer = await kept.thread.run(spec);
    this.isRunning = false;
    // What has failed may have been in the midst of anything.
    if (answer.type === "failed" || answer.leftRunning.length > 0) kept.isQuiet = false;
    else kept.hasServed = true;
    return answer;
  }

  progress(): ProgressReading | undefined {
    return this.isRunning ? this.#kept?.thread.progress() : undefined;
  }

  /** Ends its thread, and whatever that does. */
  async end(): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    this.#stopWaiting();
    this.isRunning = false;
    await kept?.thread.close();
  }

  #waitForMore({ thread, hasServed, isQuiet }: KeptThread): void {
    this.#stopWaiting();
    if (!hasServed || !isQuiet || isTainted(thread)) return void this.end();
    this.#keepNoLonger = this.#clock.after(SPARE_MS, () => void this.end());
  }

  #stopWaiting(): void {
    this.#keepNoLonger?.();
    this.#keepNoLonger = undefined;
  }
}

function isTainted({ stray, late }: SlotThread): boolean {
  return stray !== undefined || late > 0;
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
