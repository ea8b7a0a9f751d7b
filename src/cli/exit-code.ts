/**
 * How the process ends: 0 done, 1 the job failed, 2 the call was wrong and nothing ran, 3 the
 * cluster is out of reach, 128 and the signal's number when it was interrupted.
 */

import type { ErrorCode } from "../base/error.ts";

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_UNREACHABLE = 3;

/** Signals that end a run, with the exit codes that shells know them by. */
export const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** A signal that ends a run. */
export type EndSignal = keyof typeof EXIT_BY_SIGNAL;

/** Whether a process that ends with this code was interrupted. */
export function endsBySignal(exitCode: number): boolean {
  return Object.values<number>(EXIT_BY_SIGNAL).includes(exitCode);
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  "USAGE",
  "JOB_INVALID",
  "INPUT_MISSING",
  "OUTPUT_EXISTS",
  "STORE_DENIED",
  "DATA_IN_USE",
  "DATA_MISMATCH",
  "ACCESS_DENIED",
  "NOT_FOUND",
]);

/** The exit code of an expected failure; `started` says whether tasks had begun to run. */
export function exitCodeOf(code: ErrorCode, started: boolean): number {
  if (code === "CLUSTER_UNREACHABLE") return EXIT_UNREACHABLE;
  return !started && REFUSALS.has(code) ? EXIT_USAGE : EXIT_FAILED;
}
