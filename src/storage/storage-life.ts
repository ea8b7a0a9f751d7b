/**
 * Whether the storage may still be used: until it is closed, or until the disk has failed it.
 */

import { SheafError } from "../base/error.ts";
import { closedError, diskError } from "./storage-error.ts";

/** Failures that leave the storage as it was. */
const PASSING: ReadonlySet<string> = new Set(["NO_SPACE", "DATA_CORRUPT"]);

export class StorageLife {
  readonly #folder: string;
  #end: Error | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Throws why the storage cannot be used any more. */
  check(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  /** Runs a call of the disk, and words its error; all but a passing one ends this life. */
  async attempt<T>(action: string, call: () => Promise<T>): Promise<T> {
    this.check();
    try {
      return await call();
    } catch (thrown) {
      // What is neither the system's nor ours is a bug, and keeps its own words.
      const isOfSystem = thrown instanceof Error && "syscall" in thrown;
      const error = isOfSystem ? diskError(this.#folder, action, thrown) : (thrown as Error);
      const passes = error instanceof SheafError && PASSING.has(error.code);
      if (!passes) this.#end ??= error;
      throw error;
    }
  }

  close(): void {
    this.#end ??= closedError(this.#folder);
  }
}
