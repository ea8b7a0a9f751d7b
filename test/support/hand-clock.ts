/**
 * A clock that stands still until a test moves it.
 */

import type { Cancel, Clock } from "../../src/base/clock.ts";
import { Bell } from "./bell.ts";

interface Alarm {
  atMs: number;
  readonly everyMs: number | undefined;
  readonly callback: () => void;
}

/** See the head of this file. */
export class HandClock implements Clock {
  #nowMs = 0;
  readonly #alarms = new Set<Alarm>();
  readonly #bell = new Bell();

  /** Chance is none: the most of whatever there is. */
  random(): number {
    return 1 - Number.EPSILON;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, callback: () => void): Cancel {
    return this.#set({ atMs: this.#nowMs + ms, everyMs: undefined, callback });
  }

  every(ms: number, callback: () => void): Cancel {
    return this.#set({ atMs: this.#nowMs + ms, everyMs: ms, callback });
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.after(ms, resolve);
      const abort = () => {
        cancel();
        reject(signal?.reason);
      };
      if (signal?.aborted === true) abort();
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** How long until the next thing happens; undefined if nothing is to. */
  get nextInMs(): number | undefined {
    const [next] = [...this.#alarms].sort((a, b) => a.atMs - b.atMs);
    return next && next.atMs - this.#nowMs;
  }

  /** Lets time pass, and all happen that is due by then. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#alarms].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > endMs) break;
      this.#nowMs = next.atMs;
      if (next.everyMs === undefined) this.#alarms.delete(next);
      else next.atMs += next.everyMs;
      next.callback();
      await turn();
    }
    this.#nowMs = endMs;
  }

  /** Resolves when something is to happen after so long. */
  async isAsked(ms: number): Promise<void> {
    const isSet = () => [...this.#alarms].some(({ atMs }) => atMs === this.#nowMs + ms);
    await this.#bell.until(isSet);
  }

  #set(alarm: Alarm): Cancel {
    this.#alarms.add(alarm);
    this.#bell.ring();
    return () => this.#alarms.delete(alarm);
  }
}

/** Lets promises that wait for nothing else have their turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
