/**
 * An error together with the record that was being worked on: what the data path throws when the
 * user's function, or the decoding of a record, fails.
 */

import { AssertionError } from "../base/assert.ts";
import { messageOf, SheafError } from "../base/error.ts";
import { RECORD_EXCERPT_CHARS_MAX } from "../base/limits.ts";
import type { RecordOrigin } from "../job/failure.ts";
import type { RecordReader, Split } from "../job/input/input.ts";

/** See the head of this file. `cause` is what was thrown. */
export class RecordFailure extends Error {
  override readonly name = "RecordFailure";
  readonly origin: RecordOrigin;

  constructor(origin: RecordOrigin, cause: unknown) {
    super(messageOf(cause), { cause });
    this.origin = origin;
  }
}

/** A record that cannot be decoded, today or tomorrow. */
export class UndecodableRecord extends RecordFailure {}

/** The first bad record past those that the job may skip; trying again would only count it again. */
export class TooManyBadRecords extends RecordFailure {}

/**
 * What a function threw that works on many records at once: a combiner, or a partitioner of records
 * that are combined already. None of them is to blame, so to skip one would not help.
 */
export class SharedFailure extends Error {
  override readonly name = "SharedFailure";

  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/** The function, so that what it throws is no record's fault. */
export function blameless<A extends unknown[], R>(call: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      throw new SharedFailure(error);
    }
  };
}

/** What was thrown at first, without what says where. */
export function rootOf(thrown: unknown): unknown {
  const isWrapped = thrown instanceof RecordFailure || thrown instanceof SharedFailure;
  return isWrapped ? rootOf(thrown.cause) : thrown;
}

/** Failures that another attempt on the same machine cannot mend. */
const FATAL_CODES = new Set([
  "NO_SPACE",
  "OUTPUT_FAILED",
  "STORE_DENIED",
  "INPUT_MISSING",
  "INPUT_UNREADABLE",
  "INPUT_CHANGED",
  "INPUT_CORRUPT",
  "JOB_INVALID",
  "USAGE",
]);

/** Whether trying again is pointless. */
export function isFatal(thrown: unknown): boolean {
  if (thrown instanceof TooManyBadRecords || thrown instanceof UndecodableRecord) return true;
  const root = rootOf(thrown);
  return (
    root instanceof AssertionError || (root instanceof SheafError && FATAL_CODES.has(root.code))
  );
}

/** Whether a record is to blame, so that skipping it would help. */
export function isRecordsFault(thrown: unknown): boolean {
  if (thrown instanceof AssertionError || thrown instanceof SharedFailure) return false;
  if (!(thrown instanceof SheafError)) return true;
  return (
    thrown.code === "RECORD_INVALID" ||
    thrown.code === "RECORD_TOO_LARGE" ||
    thrown.code === "VALUE_INVALID" ||
    thrown.code === "USER_CODE"
  );
}

/** Where a reader stands, for a message; it never throws, because it is called when something did. */
export function originOf(
  reader: RecordReader<unknown, unknown>,
  split: Split,
  ordinal: number,
): RecordOrigin {
  try {
    const { path, fileIndex, offset } = reader.position;
    const segment = split.segments.find(({ file }) => file.index === fileIndex);
    const excerpt = reader.excerpt(RECORD_EXCERPT_CHARS_MAX);
    return { ordinal, file: segment?.file.path ?? path, offset, excerpt };
  } catch {
    return { ordinal, file: "", offset: 0, excerpt: "" };
  }
}
