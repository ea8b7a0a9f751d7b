/**
 * A driver as its leader sees it: a thread that plans and publishes one job, and that may die or hang
 * as the job's code wants without harm to anything but that job.
 */

import { Worker } from "node:worker_threads";
import type { JobEnded } from "../../job/report.ts";
import { jobEnvironment } from "../../slot/job-environment.ts";
import type { DriverData, FromDriver, ToDriver } from "./driver-message.ts";

const THREAD_URL = new URL("../master/driver/driver-thread.js", import.meta.url);
/** Enough for the plan of a million splits. */
const HEAP_MIB = 2048;
/** A job's own functions may keep its driver from hearing that it is to stop. */
const STOP_MS = 10_000;

/** See the head of this file. */
export class Driver {
  readonly #thread: Worker;
  readonly #onMessage: (message: FromDriver) => void;
  #hasEnded = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(data: DriverData, onMessage: (message: FromDriver) => void) {
    this.#onMessage = onMessage;
    this.#thread = new Worker(THREAD_URL, {
      workerData: data,
      env: jobEnvironment(data.spec.environment, process.env),
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    this.#thread.stdout.resume();
    this.#thread.stderr.resume();
    this.#thread.on("message", (message: FromDriver) => this.#take(message));
    this.#thread.on("error", (error) => this.#died(`its driver died: ${error.message}`));
    this.#thread.on("exit", (code) => this.#died(`its driver ended with code ${code}`));
  }

  tell(message: ToDriver): void {
    this.#thread.postMessage(message);
  }

  /** Asks it to end the job; it says when that is done, or is ended by force. */
  stop(): void {
    this.tell({ type: "stop" });
    this.#timer ??= setTimeout(() => {
      const error = { code: "CANCELLED", message: "The run was cancelled." };
      this.#end({ type: "job-ended", ok: false, error });
      void this.close();
    }, STOP_MS);
  }

  /** Ends the thread at once: this master does not lead any more. */
  async close(): Promise<void> {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    await this.#thread.terminate();
  }

  #take(message: FromDriver): void {
    if (this.#hasEnded) return;
    if (message.type === "event" && message.event.type === "job-ended") this.#end(message.event);
    else this.#onMessage(message);
  }

  #died(how: string): void {
    const message = `The job failed while it was planned: ${how}.`;
    this.#end({ type: "job-ended", ok: false, error: { code: "THREAD_DIED", message } });
  }

  #end(event: JobEnded): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#onMessage({ type: "event", event });
  }
}
