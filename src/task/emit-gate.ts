/**
 * What stands between a user's function and the `emit` that it is given. It is open only while the
 * function runs, and it remembers what the engine itself failed of, so that a `catch` in the user's
 * code cannot make half an output look whole.
 *
 * Calls that return at once share a gate, because nothing else can run between them. One that
 * returned a promise may have left something running behind it: its gate is closed for good.
 */

import { SheafError } from "../base/error.ts";
import { isRecordsFault } from "./record-failure.ts";

/** See the head of this file. */
export class EmitGate {
  isOpen = false;
  readonly #functionName: "map" | "combine" | "reduce";
  #failure: unknown;

  constructor(functionName: "map" | "combine" | "reduce") {
    this.#functionName = functionName;
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

  /** Makes a call with the gate open. */
  async during(call: () => unknown): Promise<void> {
    this.isOpen = true;
    try {
      await call();
    } finally {
      this.close();
    }
  }

  /** What an emit throws while the gate is closed. */
  refusal(): unknown {
    if (this.#failure !== undefined) return this.#failure;
    return new SheafError(
      "USER_CODE",
      `emit() was called after ${this.#functionName} had returned. Make the function async, and let ` +
        "it await all that it starts; forEach() does not await what it calls, a for loop can.",
    );
  }
}
