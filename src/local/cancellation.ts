/**
 * What the caller's AbortSignal does to a run: it ends with `CANCELLED`, at once and at every stage.
 */

import { SheafError } from "../base/error.ts";

/** The error of a run that its caller has cancelled. */
export function cancelled(): SheafError {
  return new SheafError("CANCELLED", "The run was cancelled; nothing was written.");
}

/** Throws `CANCELLED` if the caller wants no more. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled();
}

/** Waits for what cannot be interrupted itself, such as the job's module; not once cancelled. */
export async function unlessCancelled<T>(
  waiting: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return await waiting;
  // Once cancelled, nobody asks any more how it ends.
  void waiting.catch(() => undefined);
  let cancel: (() => void) | undefined;
  const abort = new Promise<never>((_, reject) => {
    cancel = () => reject(cancelled());
    signal.addEventListener("abort", cancel, { once: true });
  });
  try {
    throwIfCancelled(signal);
    return await Promise.race([waiting, abort]);
  } finally {
    signal.removeEventListener("abort", cancel!);
  }
}
