/**
 * A failure as plain data, so that it can cross threads and machines: what went wrong in an
 * attempt, in whose code, at which record.
 */

import type { ErrorCode } from "../base/error.ts";

/** Why an attempt ended without a result. *Failed* is the user's code; *lost* is ours. */
export interface Failure {
  readonly kind: "failed" | "lost";
  readonly code: ErrorCode;
  /** The error's own words: `TypeError: Cannot read properties of undefined (reading 'x')`. */
  readonly message: string;
  /** The user's frames, mapped to their sources, one per line. */
  readonly stack: string;
  /** The user's line with its neighbours and a caret, where it is known. */
  readonly codeFrame: string | undefined;
  readonly record: RecordOrigin | undefined;
  /** The last lines that the attempt wrote to the console. */
  readonly logTail: string;
}

/** Which record an attempt was at: a record of the input, or a group of a reduce. */
export interface RecordOrigin {
  /** Ordinal within its task, from 0; what `skip` lists hold. */
  readonly ordinal: number;
  /** The input file's path as a person would open it; empty for a group. */
  readonly file: string;
  readonly offset: number;
  /** The record, or the group's key, cut to a sane length. */
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
