/**
 * Whether the storage may still be used: until it is closed, or until a call of the disk has failed.
 * After an fsync that failed, the kernel may call pages clean that never reached the disk, so another
 * one that works says nothing ("Can Applications Recover from fsync Failures?", ATC'20). Only a
 * process that starts anew, and writes again what may be missing, knows what it has.
 */

import { SheafError } from "../base/error.ts";
import { closedError, diskError, isNoSpace } from "./storage-error.ts";

export class StorageLife {
  readonly #folder: string;
  #end: unknown;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Throws why the storage cannot be used any more. */
  check(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  /** Runs a call of the disk, and words its error, which ends this life. */
  async attempt<T>(action: string, call: () => Promise<T>): Promise<T> {
    this.check();
    try {
      return await call();
    } catch (thrown) {
      this.#end ??= this.#worded(action, thrown);
      throw this.#end;
    }
  }

  /** The same for a call that nothing depends on yet: a want of room ends nothing but the call. */
  async attemptApart<T>(action: string, call: () => Promise<T>): Promise<T> {
    this.check();
    try {
      return await call();
    } catch (thrown) {
      const error = this.#worded(action, thrown);
      if (!isNoSpace(error)) this.#end ??= error;
      throw error;
    }
  }

  close(): void {
    this.#end ??= closedError(this.#folder);
  }

  /** What is neither the system's nor ours is a bug, and keeps its own words. */
  #worded(action: string, thrown: unknown): unknown {
    const isOfSystem =
      thrown instanceof Error && "syscall" in thrown && !(thrown instanceof SheafError);
    return isOfSystem ? diskError(this.#folder, action, thrown) : thrown;
  }
}
