/**
 * Whose turn it is: the job of the highest priority, among those the one that holds fewest slots, which
 * is furthest below its equal share, among those the oldest. A binary heap.
 */

import type { JobTurn } from "./job-turn.ts";

/** See the head of this file. */
export class TurnQueue {
  readonly #heap: JobTurn[] = [];

  constructor(turns: Iterable<JobTurn>) {
    this.#heap.push(...turns);
    for (let i = this.#heap.length >> 1; i >= 0; i--) this.#sink(i);
  }

  get first(): JobTurn | undefined {
    return this.#heap[0];
  }

  /** The first holds more than before. */
  reorder(): void {
    this.#sink(0);
  }

  /** The first has nothing to run. */
  drop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #sink(from: number): void {
    const heap = this.#heap;
    for (let at = from; ; ) {
      let child = 2 * at + 1;
      if (child >= heap.length) return;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, heap[at]!)) return;
      [heap[at], heap[child]] = [heap[child]!, heap[at]!];
      at = child;
    }
  }
}

function isBefore(a: JobTurn, b: JobTurn): boolean {
  if (a.job.priority !== b.job.priority) return a.job.priority > b.job.priority;
  return a.held === b.held ? a.order < b.order : a.held < b.held;
}
