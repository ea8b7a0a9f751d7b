/**
 * What the job's code throws in this thread where nobody waits for it: in a promise that nothing
 * awaits, in a timer's callback. Its module is loaded here to plan the job, and with `inline` runs
 * here. Such an error cancels the run, which then fails of it. What is not the job's goes on its way:
 * to other listeners, or to Node, which ends the process.
 */

import { SheafError } from "../base/error.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import { displayPath } from "../bundle/job-name.ts";
import { describeUserError, formatUserError, mayComeFrom } from "../bundle/user-error.ts";

const EVENT = "uncaughtException";

/** See the head of this file. One per run; `close` it when the run has ended. */
export class StrayErrors {
  readonly #controller = new AbortController();
  #bundle: JobBundle | undefined;
  #isRunning = false;
  #error: SheafError | undefined;
  readonly #take = (thrown: unknown): void => this.#receive(thrown);

  /** Aborted as soon as there is one. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The first of them, as the run's own error. */
  get error(): SheafError | undefined {
    return this.#error;
  }

  /** The job's code runs in this thread from now on: first of all its module is loaded. */
  watch(bundle: JobBundle): void {
    this.#bundle = bundle;
    process.on(EVENT, this.#take);
  }

  /** What comes from now on may have been started by map and reduce. */
  running(): void {
    this.#isRunning = true;
  }

  close(): void {
    process.off(EVENT, this.#take);
  }

  #receive(thrown: unknown): void {
    const bundle = this.#bundle!;
    if (!mayComeFrom(thrown, bundle)) return this.#passOn(thrown);
    this.#error ??= this.#isRunning ? whileRunning(thrown, bundle) : whileLoading(thrown, bundle);
    this.#controller.abort();
  }

  #passOn(thrown: unknown): void {
    if (process.listenerCount(EVENT) > 1) return;
    this.close();
    // Thrown again with nobody to listen, it ends the process as if nobody ever had.
    setImmediate(() => {
      throw thrown;
    });
  }
}

function whileLoading(thrown: unknown, bundle: JobBundle): SheafError {
  const job = displayPath(bundle.entry, bundle.cwd);
  return strayError(
    "JOB_INVALID",
    `Cannot load the job ${job}: it starts something that fails, and does not await it.`,
    thrown,
    bundle,
  );
}

function whileRunning(thrown: unknown, bundle: JobBundle): SheafError {
  return strayError(
    "USER_CODE",
    "The job's code failed where nothing awaits it, so its results cannot be trusted.",
    thrown,
    bundle,
  );
}

function strayError(
  code: "JOB_INVALID" | "USER_CODE",
  headline: string,
  thrown: unknown,
  bundle: JobBundle,
): SheafError {
  const text = formatUserError(describeUserError(thrown, bundle));
  return new SheafError(code, `${headline}\n\n${text}`, { data: { isStray: true }, cause: thrown });
}
