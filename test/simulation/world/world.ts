/**
 * What everything simulated has in common: one time, chance from one seed, a trace, and what was seen.
 * One event after the other happens here, each to its end: every promise that it settles has had its
 * consequences before the next event comes.
 */

import { seededRandom } from "../../../src/raft/seeded-random.ts";
import { VirtualTime } from "../../scheduler/support/virtual-time.ts";
import { Chance } from "../../storage/support/chance.ts";
import type { Sometimes } from "../sometimes.ts";
import { Trace, type Word } from "./trace.ts";

/** Calls off what was to happen later. */
export type CallOff = () => void;

/** See the head of this file. */
export class World {
  readonly seed: number;
  readonly trace: Trace;
  readonly sometimes: Sometimes;
  readonly #time = new VirtualTime();
  #isStirred = false;
  #problem: { readonly thrown: unknown } | undefined;

  constructor(seed: number, sometimes: Sometimes, keepsLines: boolean) {
    this.seed = seed;
    this.sometimes = sometimes;
    this.trace = new Trace(keepsLines);
  }

  /** Milliseconds since the beginning; nobody in here has a clock that is so good. */
  get nowMs(): number {
    return this.#time.nowMs;
  }

  /** Chance of its own for each purpose, so that what one draws does not change what others do. */
  chance(purpose: string): Chance {
    let seed = Math.imul(this.seed, 0x9e3779b1) ^ 0x5bd1e995;
    for (let i = 0; i < purpose.length; i++) {
      seed = Math.imul(seed ^ purpose.charCodeAt(i), 0x01000193);
      seed ^= seed >>> 13;
    }
    return new Chance(Math.floor(seededRandom(seed)() * 2 ** 32));
  }

  after(ms: number, act: () => void): CallOff {
    let isOff = false;
    this.#time.after(ms, () => {
      if (!isOff) act();
    });
    return () => {
      isOff = true;
    };
  }

  note(...words: readonly Word[]): void {
    this.trace.note(this.nowMs, ...words);
  }

  /** Code under test is about to run: what it leaves to microtasks must be waited for. */
  stir(): void {
    this.#isStirred = true;
  }

  /** Something is wrong: the run ends with it, wherever it was found. */
  fail(thrown: unknown): void {
    this.#problem ??= { thrown };
  }

  /** Throws unless something holds that always should. */
  expect(condition: boolean, problem: () => string): void {
    if (!condition) this.fail(new Error(problem()));
  }

  /** The next event, with all its consequences. False if nothing will ever happen again. */
  async step(): Promise<boolean> {
    const isMore = this.#time.step();
    if (this.#isStirred) {
      this.#isStirred = false;
      await settled();
    }
    this.throwIfFailed();
    return isMore;
  }

  /** Throws what is wrong, if anything is. */
  throwIfFailed(): void {
    if (this.#problem !== undefined) throw this.#problem.thrown;
  }
}

/** Resolves when no microtask is left: they all run before the event loop's next turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
