/**
 * What a batch does to the live log, gathered while its records are made and applied when they are
 * durable: until then, readers see the log as it was.
 */

import { assert } from "../../base/assert.ts";
import type { EntryPlace, LiveLog } from "./live-log.ts";

type Change =
  | { readonly truncateFrom: number }
  | { readonly index: number; readonly term: number; readonly place: EntryPlace };

export class LogChanges {
  readonly #live: LiveLog;
  readonly #changes: Change[] = [];
  /** Terms of the batch's entries, from `#first` on. */
  #first: number;
  #terms: number[] = [];

  constructor(live: LiveLog) {
    this.#live = live;
    this.#first = live.lastIndex + 1;
  }

  get lastIndex(): number {
    return this.#first + this.#terms.length - 1;
  }

  termAt(index: number): number | undefined {
    return index < this.#first ? this.#live.termAt(index) : this.#terms[index - this.#first];
  }

  append(index: number, term: number, place: EntryPlace): void {
    assert(index === this.lastIndex + 1, `entry ${index} follows entry ${this.lastIndex}`);
    this.#terms.push(term);
    this.#changes.push({ index, term, place });
  }

  truncate(from: number): void {
    this.#terms.length = Math.max(0, from - this.#first);
    this.#first = Math.min(this.#first, from);
    this.#changes.push({ truncateFrom: from });
  }

  /** Applies all of it. */
  apply(): void {
    for (const change of this.#changes) {
      if ("truncateFrom" in change) this.#live.truncate(change.truncateFrom);
      else this.#live.append(change.index, change.term, change.place);
    }
  }
}
