/**
 * Whether a history is linearizable: whether there is an order of all operations, each at one moment
 * between its question and its answer, in which one machine that does one thing at a time (job-model.ts)
 * would have given the same answers. The search is that of Wing and Gong ("Testing and Verifying
 * Concurrent Objects", 1993) with Lowe's memory of what was tried.
 */

import type { Happening } from "./history.ts";
import { after, type Model, NO_JOBS, textOf } from "./job-model.ts";

export type Judgement = "linearizable" | "not linearizable" | "too many orders";

/** Positions that are looked at before the search is given up. */
const POSITIONS_MAX = 200_000;

/** See the head of this file. */
export function judge(happenings: readonly Happening[]): Judgement {
  return new Search(happenings).run();
}

class Search {
  /** In the order in which they were asked for. */
  readonly #all: readonly Happening[];
  readonly #isDone: boolean[];
  readonly #tried = new Set<string>();
  #leftAnswered: number;

  constructor(happenings: readonly Happening[]) {
    this.#all = happenings.toSorted((a, b) => a.fromOrder - b.fromOrder);
    this.#isDone = this.#all.map(() => false);
    this.#leftAnswered = this.#all.filter(isAnswered).length;
  }

  run(): Judgement {
    if (this.#goOn(NO_JOBS, 0)) return "linearizable";
    return this.#tried.size < POSITIONS_MAX ? "not linearizable" : "too many orders";
  }

  /** Whether what is left can follow; all before `first` are done. */
  #goOn(model: Model, first: number): boolean {
    if (this.#leftAnswered === 0) return true;
    if (this.#tried.size >= POSITIONS_MAX || this.#wasTried(model, first)) return false;
    for (const next of this.#candidates(first)) {
      const happening = this.#all[next]!;
      const model2 = after(model, happening.operation);
      if (model2 === undefined) continue;
      this.#isDone[next] = true;
      if (isAnswered(happening)) this.#leftAnswered--;
      let first2 = first;
      while (this.#isDone[first2] === true) first2++;
      if (this.#goOn(model2, first2)) return true;
      this.#isDone[next] = false;
      if (isAnswered(happening)) this.#leftAnswered++;
    }
    return false;
  }

  /** Those that may be next: asked for before anything that is left was answered. */
  #candidates(first: number): number[] {
    let endOrder = Number.POSITIVE_INFINITY;
    const found: number[] = [];
    for (let i = first; i < this.#all.length; i++) {
      const { fromOrder, toOrder } = this.#all[i]!;
      if (fromOrder > endOrder) break;
      if (this.#isDone[i]) continue;
      endOrder = Math.min(endOrder, toOrder);
      found.push(i);
    }
    // What was answered first was most likely done first; what was not may as well never be.
    return found.sort((a, b) => this.#all[a]!.toOrder - this.#all[b]!.toOrder || a - b);
  }

  #wasTried(model: Model, first: number): boolean {
    let position = `${first}:`;
    for (let i = first + 1; i < this.#all.length; i++) if (this.#isDone[i]) position += `${i},`;
    position += textOf(model);
    if (this.#tried.has(position)) return true;
    this.#tried.add(position);
    return false;
  }
}

function isAnswered({ toOrder }: Happening): boolean {
  return toOrder !== Number.POSITIVE_INFINITY;
}
