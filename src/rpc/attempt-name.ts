/**
 * Attempts as keys of maps, as names of files, and in words.
 */

import type { AnyAttemptRef } from "./wire/attempt.ts";

/** The same for the same attempt, and for no other. */
export function attemptKey(ref: AnyAttemptRef): string {
  return `${ref.job}/${attemptFileName(ref)}`;
}

/** Its name within its job; ids are checked where they come in, and this leaves no folder. */
export function attemptFileName({ phase, task, attempt }: AnyAttemptRef): string {
  return `${phase}-${task}-${attempt}`;
}

/** For people: `map task 3 (attempt 0, job j-1)`. */
export function attemptInWords({ job, phase, task, attempt }: AnyAttemptRef): string {
  return `${phase} task ${task} (attempt ${attempt}, job ${job})`;
}
