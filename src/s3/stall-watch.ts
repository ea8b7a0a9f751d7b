/**
 * Ends a request that makes no headway: a connection that is stuck looks like one that is slow, and
 * would hold its slot for ever.
 */

/** What a request that made no headway is aborted with. */
export class Stalled extends Error {
  override readonly name = "Stalled";
}

/** See the head of this file. One per request; `close` it when the request has ended. */
export class StallWatch {
  readonly #controller = new AbortController();
  readonly #afterMs: number;
  #timer: NodeJS.Timeout;
  #steps = 0;
  #isClosed = false;

  /** Aborts after so long without a `step`. */
  constructor(afterMs: number) {
    this.#afterMs = afterMs;
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The request made headway. */
  step(): void {
    this.#steps++;
  }

  /** Ends the request for another reason. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #start(): NodeJS.Timeout {
    const seen = this.#steps;
    return setTimeout(() => {
      // A thread that computed all the while has not looked at its sockets: it does so first.
      this.#timer = setTimeout(() => setImmediate(() => this.#judge(seen)), 0);
    }, this.#afterMs);
  }

  #judge(seen: number): void {
    if (this.#isClosed) return;
    if (this.#steps !== seen) this.#timer = this.#start();
    else this.#controller.abort(new Stalled(`no headway for ${this.#afterMs / 1000} s`));
  }
}
