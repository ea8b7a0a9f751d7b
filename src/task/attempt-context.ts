/**
 * The context that an attempt hands to the user's functions, and the counters it collects. User
 * counts are kept per record until the record has succeeded, so that a skipped one leaves no trace.
 */

import { SheafError } from "../base/error.ts";
import { USER_COUNTERS_MAX } from "../base/limits.ts";
import type { AttemptLabel, Context } from "../job/context.ts";
import { type Counters, zeroTaskCounters } from "../job/counters.ts";

/** See the head of this file. */
export class AttemptContext implements Context {
  readonly params: unknown;
  readonly previous: Readonly<Record<string, number>>;
  readonly attempt: AttemptLabel;
  /** The engine's own counters, for the engine to add to. */
  readonly task = zeroTaskCounters();
  #user = new Map<string, number>();
  #saved: Map<string, number> | undefined;

  constructor(params: unknown, previous: Readonly<Record<string, number>>, attempt: AttemptLabel) {
    this.params = params;
    this.previous = previous;
    this.attempt = attempt;
    // Users take it apart: map(_key, value, emit, { count }).
    this.count = this.count.bind(this);
  }

  count(name: string, amount = 1): void {
    const sum = (this.#user.get(name) ?? 0) + amount;
    if (typeof name !== "string" || !Number.isSafeInteger(amount) || !Number.isSafeInteger(sum)) {
      throw new SheafError(
        "VALUE_INVALID",
        `count() cannot add ${String(amount)} to the counter "${String(name)}": the name must be a ` +
          "string, the amount and the sum safe integers.",
      );
    }
    if (!this.#user.has(name) && this.#user.size >= USER_COUNTERS_MAX) {
      throw new SheafError(
        "VALUE_INVALID",
        `count() cannot make the counter "${name}": a job may have ${USER_COUNTERS_MAX}. Emit ` +
          "records for what has many names.",
      );
    }
    this.#user.set(name, sum);
  }

  /** Remembers the user's counts, for `rollback`. */
  save(): void {
    this.#saved = new Map(this.#user);
  }

  /** Forgets what was counted since `save`. */
  rollback(): void {
    if (this.#saved !== undefined) this.#user = new Map(this.#saved);
  }

  counters(): Counters {
    return { task: this.task, user: Object.fromEntries(this.#user) };
  }
}
