/**
 * A driver whose bundle may still be on its way from another master: what it is told meanwhile, it
 * hears when it has begun.
 */

import type { JobDriver } from "../leader/active-job.ts";
import type { ToDriver } from "./driver-message.ts";

/** See the head of this file. */
export class LateDriver implements JobDriver {
  #driver: JobDriver | undefined;
  readonly #told: ToDriver[] = [];
  #isStopped = false;
  #isClosed = false;

  /** `ready` resolves with what begins the driver; it rejects when there will be none. */
  constructor(ready: Promise<() => JobDriver>) {
    ready.then(
      (begin) => this.#begin(begin),
      () => {},
    );
  }

  tell(message: ToDriver): void {
    if (this.#driver === undefined) this.#told.push(message);
    else this.#driver.tell(message);
  }

  stop(): void {
    this.#isStopped = true;
    this.#driver?.stop();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#driver?.close();
  }

  #begin(begin: () => JobDriver): void {
    if (this.#isClosed) return;
    this.#driver = begin();
    for (const message of this.#told.splice(0)) this.#driver.tell(message);
    if (this.#isStopped) this.#driver.stop();
  }
}
