/**
 * A failure as plain data, so that it can cross threads and machines: what went wrong in an
 * attempt, in whose code, at which record.
 */

import type { ErrorCode } from "../base/error.ts";

/** Why an attempt ended without a result: an event of type `attempt-failed` has one. */
export interface Failure {
  /** *Failed* is the job's own code; *lost* is whatever else ended the attempt. */
  readonly kind: "failed" | "lost";
  readonly code: ErrorCode;
  /** The error's own words: `TypeError: Cannot read properties of undefined (reading 'x')`. */
  readonly message: string;
  /** The user's frames, mapped to their sources, one per line. */
  readonly stack: string;
  /** The user's line with its neighbours and a caret, where it is known. */
  readonly codeFrame: string | undefined;
  /** The record that the attempt was at, if it was at one. */
  readonly record: RecordOrigin | undefined;
  /** The last lines that the attempt wrote to the console. */
  readonly logTail: string;
}

/** A failure of which only the words are known. */
export function failureInWords(kind: Failure["kind"], code: ErrorCode, message: string): Failure {
  const unknown = { codeFrame: undefined, record: undefined } as const;
  return { kind, code, message, stack: "", logTail: "", ...unknown };
}

/** Which record an attempt was at: a record of the input, or a group of a reduce. */
export interface RecordOrigin {
  /** Ordinal within its task, from 0; what `skip` lists hold. */
  readonly ordinal: number;
  /** The input file's path as a person would open it; empty for a group. */
  readonly file: string;
  /** The record's first byte in its file; 0 for a group. */
  readonly offset: number;
  /** The record, or the group's key, cut to 200 characters. */
  readonly excerpt: string;
}

/** A record that failed twice and is to be left out, with what the second failure said. */
export interface SkippedRecord {
  readonly ordinal: number;
  readonly error: string;
}

/** A record that was skipped, as a line of `_bad/`. */
export interface BadRecord {
  readonly phase: "map" | "reduce";
  readonly task: number;
  readonly file: string;
  readonly offset: number;
  readonly record: string;
  readonly error: string;
}
