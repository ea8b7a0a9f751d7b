/**
 * What stands between a user's function and the `emit` that it is given. It is open only while the
 * function runs, and it remembers what the engine itself failed of, so that a `catch` in the user's
 * code cannot make half an output look whole.
 *
 * Calls that return at once share a gate, because nothing else can run between them. One that
 * returned a promise may have left something running behind it: its gate is closed for good.
 */

import { SheafError } from "../base/error.ts";
import { isPromise } from "./is-promise.ts";
import type { ProgressCells } from "./progress.ts";
import { isRecordsFault } from "./record-failure.ts";

/** What an emit throws that comes when its call is over. */
export class LateEmit extends SheafError {
  constructor(functionName: string) {
    super(
      "USER_CODE",
      `emit() was called after ${functionName} had returned. Make the function async, and let it ` +
        "await all that it starts; forEach() does not await what it calls, a for loop can.",
    );
  }
}

/** See the head of this file. */
export class EmitGate {
  isOpen = false;
  readonly #functionName: "map" | "combine" | "reduce";
  readonly #progress: ProgressCells | undefined;
  #failure: unknown;

  /** `progress` is told of emits that come too late, because the user's code may catch the error. */
  constructor(functionName: "map" | "combine" | "reduce", progress?: ProgressCells) {
    this.#functionName = functionName;
    this.#progress = progress;
  }

  /** Told what an emit throws: unless it is the record's own fault, nothing passes after it. */
  note(error: unknown): void {
    if (isRecordsFault(error)) return;
    this.#failure ??= error;
    this.isOpen = false;
  }

  /** Ends the call. Throws what the engine has failed of meanwhile, whoever may have caught it. */
  close(): void {
    this.isOpen = false;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** `emit`, as long as the gate is open. */
  through<A extends unknown[]>(emit: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      if (!this.isOpen) throw this.refusal();
      emit(...args);
    };
  }

  /** Makes a call with the gate open; of one that is async, returns what it takes to wait for it. */
  during(call: () => unknown): Promise<void> | undefined {
    this.isOpen = true;
    let returned: unknown;
    try {
      returned = call();
    } finally {
      if (!isPromise(returned)) this.close();
    }
    return isPromise(returned) ? this.#until(returned) : undefined;
  }

  /** What an emit throws while the gate is closed. */
  refusal(): unknown {
    if (this.#failure !== undefined) return this.#failure;
    this.#progress?.noteLate();
    return new LateEmit(this.#functionName);
  }

  /** Not a turn more than the call takes: what it has left running must come too late here too. */
  async #until(returned: PromiseLike<unknown>): Promise<void> {
    try {
      await returned;
    } finally {
      this.close();
    }
  }
}
