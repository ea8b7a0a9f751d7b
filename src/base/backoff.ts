/**
 * Tries again what may succeed later, a bounded number of times, with waits that double and a part
 * of chance in each, so that a thousand slots that were sent away do not come back all at once.
 *
 * What always holds: chance and time come from outside, so that a test can say what they are.
 */

import { setTimeout } from "node:timers/promises";

/** How often, and with what waits. */
export interface RetryPolicy {
  readonly triesMax: number;
  /** The wait after the first failure is at most this; each further one at most twice the last. */
  readonly firstWaitMs: number;
  readonly waitMsMax: number;
}

/** Where chance and waits come from. */
export interface Pace {
  /** In [0, 1). */
  random(): number;
  /** Resolves after so long; rejects at once when the signal aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The real ones. */
export const REAL_PACE: Pace = {
  random: Math.random,
  wait: (ms, signal) => setTimeout(ms, undefined, signal === undefined ? {} : { signal }),
};

/** Waits by a pace; ends with the signal's own reason when it aborts. */
export async function pause(pace: Pace, ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await pace.wait(ms, signal);
  } catch (thrown) {
    signal?.throwIfAborted();
    throw thrown;
  }
}

/** The wait before another try, after so many have failed: anything up to the bound ("full jitter"). */
export function waitMs(failures: number, policy: RetryPolicy, random: number): number {
  const bound = Math.min(policy.waitMsMax, policy.firstWaitMs * 2 ** (failures - 1));
  return Math.ceil(bound * random);
}

/** What a call is told, and what decides about its failures. */
export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly pace: Pace;
  /** Whether another try may help. */
  readonly isTransient: (thrown: unknown) => boolean;
  readonly signal?: AbortSignal;
}

/** Calls until it succeeds, fails for good, or was tried often enough; then throws the last error. */
export async function retrying<T>(
  call: (failures: number) => Promise<T>,
  { policy, pace, isTransient, signal }: RetryOptions,
): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await call(failures);
    } catch (thrown) {
      failures++;
      const isOver = failures >= policy.triesMax || signal?.aborted === true;
      if (isOver || !isTransient(thrown)) throw thrown;
      await pace.wait(waitMs(failures, policy, pace.random()), signal);
    }
  }
}
