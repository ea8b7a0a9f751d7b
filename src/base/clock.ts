/**
 * Where time, waits and chance come from, so that a simulation can hand in its own.
 */

import { type Pace, REAL_PACE } from "./backoff.ts";

/** Calls off what was to happen later. */
export type Cancel = () => void;

/** See the head of this file. */
export interface Clock extends Pace {
  nowMs(): number;
  /** Calls back once, after so long. */
  after(ms: number, callback: () => void): Cancel;
  /** Calls back again and again. */
  every(ms: number, callback: () => void): Cancel;
}

/** The real one. */
export const REAL_CLOCK: Clock = {
  ...REAL_PACE,
  nowMs: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  every(ms, callback) {
    const timer = setInterval(callback, ms);
    return () => clearInterval(timer);
  },
};
