/**
 * How attempts ended, kept until the leader says that the replicated log has it. A leader may die with
 * what it heard, so each session tells again what the one before could not be sure of.
 */

import type { JobId } from "../base/ids.ts";
import { attemptKey } from "../rpc/attempt-name.ts";
import { LIST_ITEMS_MAX } from "../rpc/limits.ts";
import type { AnyAttemptRef } from "../rpc/wire/attempt.ts";
import type { WorkerMessage } from "../rpc/wire/from-worker.ts";

/** What a worker says of an attempt that has ended. */
export type AttemptEnd = Extract<
  WorkerMessage,
  { readonly type: "attempt-succeeded" | "attempt-failed" | "attempt-killed" }
>;

/** See the head of this file. */
export class EndedAttempts {
  /** In the order in which they ended. */
  readonly #ends = new Map<string, AttemptEnd>();

  /** Keeps an end. Past the bound the oldest goes: a leader so far behind will ask for its work again. */
  add(end: AttemptEnd): void {
    this.#ends.set(attemptKey(end.attempt), end);
    if (this.#ends.size <= LIST_ITEMS_MAX) return;
    const [oldest] = this.#ends.keys();
    this.#ends.delete(oldest!);
  }

  /** How an attempt ended, unless that is recorded. */
  of(ref: AnyAttemptRef): AttemptEnd | undefined {
    return this.#ends.get(attemptKey(ref));
  }

  recorded(refs: readonly AnyAttemptRef[]): void {
    for (const ref of refs) this.#ends.delete(attemptKey(ref));
  }

  /** Nobody asks any more how a job's attempts ended. */
  forget(job: JobId): void {
    for (const [key, { attempt }] of this.#ends) if (attempt.job === job) this.#ends.delete(key);
  }

  all(): AttemptEnd[] {
    return [...this.#ends.values()];
  }
}
