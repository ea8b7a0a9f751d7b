/**
 * A slot: a worker thread that runs one attempt at a time, and the watch over it. A thread that
 * dies, or makes no progress for too long, is a failed attempt; the slot starts another thread.
 */

import { Worker } from "node:worker_threads";
import { assert } from "../base/assert.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import { type Failure, failureInWords } from "../job/failure.ts";
import type { RawParams } from "../job/params.ts";
import { ProgressCells, type ProgressReading } from "../task/progress.ts";
import type { AnyTaskSpec } from "../task/task-spec.ts";
import { v8LimitMiB } from "./heap.ts";
import { outOfMemoryWords } from "./heap-wall.ts";
import type { SlotAnswer, SlotData, SlotReport, SlotRequest } from "./slot-message.ts";

const THREAD_URL = new URL("../slot/slot-thread.js", import.meta.url);
/** How often the watch looks; a time-out is noticed this much late at the most. */
const WATCH_INTERVAL_MS = 200;

/** What a slot needs to know. */
export interface SlotOptions {
  readonly taskTimeoutMs: number;
  /** What the job's objects may take of the thread's heap, in MiB. */
  readonly heapMiB: number;
  /** What the job's code sees as `process.env`; undefined for the process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** See the head of this file. */
export class Slot {
  readonly #options: SlotOptions;
  /** Of the thread at hand: one that was given up may go on for a moment. */
  #progress = new ProgressCells();
  #worker: Worker | undefined;
  #load: SlotRequest | undefined;
  #finish: ((answer: SlotAnswer) => void) | undefined;
  #watch: NodeJS.Timeout | undefined;
  #stray: Failure | undefined;
  #lateBefore = 0;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#start();
  }

  get busy(): boolean {
    return this.#finish !== undefined;
  }

  /** Why its thread died while no attempt ran: of something that an earlier one had left behind. */
  get stray(): Failure | undefined {
    return this.#stray;
  }

  /** How often emit was called too late, by any of its attempts. */
  get late(): number {
    return this.#lateBefore + this.#progress.read().late;
  }

  /** Gives the slot its job; its thread loads it at once. */
  load(bundle: JobBundle, params: RawParams): void {
    this.#load = { type: "load", bundle, params };
    this.#worker?.postMessage(this.#load);
  }

  /** Runs one attempt. Never rejects: every way to end is an answer. */
  async run(spec: AnyTaskSpec): Promise<SlotAnswer> {
    assert(!this.busy, "a slot runs one attempt at a time");
    assert(this.#load !== undefined, "a slot is given its job before its tasks");
    if (this.#worker === undefined) this.#start();
    this.#progress.reset();
    const answered = new Promise<SlotAnswer>((resolve) => {
      this.#finish = resolve;
    });
    this.#post({ type: "run", spec });
    this.#startWatch();
    const answer = await answered;
    clearInterval(this.#watch);
    this.#finish = undefined;
    return answer;
  }

  progress(): ProgressReading {
    return this.#progress.read();
  }

  /** Ends the thread at once, whatever it does; an attempt under way gets no answer. */
  async close(): Promise<void> {
    clearInterval(this.#watch);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #post(request: SlotRequest): void {
    this.#worker?.postMessage(request);
  }

  #start(): void {
    this.#lateBefore = this.late;
    this.#progress = new ProgressCells();
    const { environment, heapMiB } = this.#options;
    const workerData: SlotData = { progress: this.#progress.memory, heapMiB };
    const worker = new Worker(THREAD_URL, {
      workerData,
      ...(environment && { env: { ...environment } }),
      // Nothing of a job's may reach the terminal: what it writes is kept per attempt.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: v8LimitMiB(heapMiB) },
    });
    worker.stdout.resume();
    worker.stderr.resume();
    worker.on("message", (report: SlotReport) => {
      // The last word of a thread that was given up must not pass for its successor's.
      if (this.#worker !== worker) return;
      if (report.type === "died") this.#died(worker, report.failure, report.fatal);
      else this.#finish?.(report);
    });
    worker.on("error", (error: NodeJS.ErrnoException) => {
      const outOfMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      const reason = outOfMemory ? outOfMemoryWords(heapMiB) : `The thread died: ${error.message}`;
      this.#died(worker, failureInWords("failed", "THREAD_DIED", reason));
    });
    worker.on("exit", (code) =>
      this.#died(
        worker,
        failureInWords("failed", "THREAD_DIED", `The thread ended with code ${code}.`),
      ),
    );
    this.#worker = worker;
    if (this.#load !== undefined) worker.postMessage(this.#load);
  }

  #died(worker: Worker, failure: Failure, fatal = false): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    // It may be busy with its end for a while yet.
    void worker.terminate();
    this.#fail(failure, fatal);
  }

  #startWatch(): void {
    let seen = "";
    let sinceMs = performance.now();
    this.#watch = setInterval(() => {
      this.#progress.ask();
      const { ordinal, steps, bytes } = this.#progress.read();
      const now = `${ordinal} ${steps} ${bytes}`;
      if (now !== seen) {
        seen = now;
        sinceMs = performance.now();
        return;
      }
      if (performance.now() - sinceMs < this.#options.taskTimeoutMs) return;
      const seconds = this.#options.taskTimeoutMs / 1000;
      const worker = this.#worker;
      this.#worker = undefined;
      void worker?.terminate();
      this.#fail(
        failureInWords(
          "failed",
          "TASK_TIMEOUT",
          `No progress for ${seconds} s: the job's code loops or waits for ever. If one record may ` +
            "take that long, raise --task-timeout.",
        ),
      );
    }, WATCH_INTERVAL_MS);
  }

  /** The attempt under way has failed together with its thread. */
  #fail(failure: Failure, fatal = false): void {
    if (this.#finish === undefined) {
      // An exit of its own accord is harmless here; an error means that something was not done.
      if (failure.code !== "THREAD_DIED") this.#stray ??= failure;
      return;
    }
    const { ordinal } = this.#progress.read();
    // Only the ordinal is known here; whoever shows the failure finds the record by it.
    const isNone = fatal || ordinal < 0;
    const record = isNone ? undefined : { ordinal, file: "", offset: 0, excerpt: "" };
    this.#finish({ type: "failed", failure: { ...failure, record }, fatal, path: undefined });
  }
}
