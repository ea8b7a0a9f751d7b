/**
 * Failures, and the records that they happened at, in messages.
 */

import type { ErrorCode } from "../../base/error.ts";
import { ATTEMPT_LOG_BYTES_MAX } from "../../base/limits.ts";
import type { BadRecord, Failure, RecordOrigin, SkippedRecord } from "../../job/failure.ts";
import {
  Failure_Kind,
  type BadRecord as WireBad,
  type Failure as WireFailure,
  type RecordOrigin as WireOrigin,
  type SkippedRecord as WireSkipped,
} from "../generated/sheaf/v1/failure.ts";
import { MESSAGE_CHARS_MAX, PATH_CHARS_MAX } from "../limits.ts";
import { phaseFromWire, phaseToWire, taskFromWire } from "./attempt.ts";
import { choice, count, invalid, numberOf, present, text } from "./checks.ts";

const KINDS = { failed: Failure_Kind.FAILED, lost: Failure_Kind.LOST } as const;

/** Every code there is; the compiler sees to it. */
const ERROR_CODES: Readonly<Record<ErrorCode, true>> = {
  USAGE: true,
  JOB_INVALID: true,
  INPUT_MISSING: true,
  INPUT_UNREADABLE: true,
  INPUT_CHANGED: true,
  INPUT_CORRUPT: true,
  RECORD_INVALID: true,
  RECORD_TOO_LARGE: true,
  OUTPUT_EXISTS: true,
  OUTPUT_FAILED: true,
  STORE_DENIED: true,
  STORE_UNREACHABLE: true,
  NO_SPACE: true,
  VALUE_INVALID: true,
  USER_CODE: true,
  TASK_TIMEOUT: true,
  THREAD_DIED: true,
  TOO_MANY_BAD_RECORDS: true,
  REGION_CORRUPT: true,
  CANCELLED: true,
  CLUSTER_UNREACHABLE: true,
  ACCESS_DENIED: true,
  NOT_LEADER: true,
  NOT_FOUND: true,
  REGION_UNAVAILABLE: true,
  MESSAGE_INVALID: true,
  LIMIT_REACHED: true,
  DATA_IN_USE: true,
  DATA_MISMATCH: true,
  DATA_FAILED: true,
};

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

export function failureToWire(failure: Failure): WireFailure {
  const { kind, code, message, stack, codeFrame, record, logTail } = failure;
  return {
    kind: numberOf(kind, KINDS),
    code,
    message,
    stack,
    codeFrame,
    record: record && originToWire(record),
    logTail,
  };
}

export function failureFromWire(field: string, wire: WireFailure | undefined): Failure {
  const { kind, code, message, stack, codeFrame, record, logTail } = present(field, wire);
  if (!isErrorCode(code)) throw invalid(`${field}.code`, "is no code of this version");
  return {
    kind: choice(`${field}.kind`, kind, KINDS),
    code,
    message: text(`${field}.message`, message, MESSAGE_CHARS_MAX),
    stack: text(`${field}.stack`, stack, MESSAGE_CHARS_MAX),
    codeFrame: codeFrame && text(`${field}.code_frame`, codeFrame, MESSAGE_CHARS_MAX),
    record: record && originFromWire(`${field}.record`, record),
    logTail: text(`${field}.log_tail`, logTail, ATTEMPT_LOG_BYTES_MAX),
  };
}

function originToWire({ ordinal, file, offset, excerpt }: RecordOrigin): WireOrigin {
  return { ordinal, file, offsetBytes: offset, excerpt };
}

function originFromWire(field: string, wire: WireOrigin): RecordOrigin {
  return {
    ordinal: count(`${field}.ordinal`, wire.ordinal),
    file: text(`${field}.file`, wire.file, PATH_CHARS_MAX),
    offset: count(`${field}.offset_bytes`, wire.offsetBytes),
    excerpt: text(`${field}.excerpt`, wire.excerpt),
  };
}

export function skippedToWire({ ordinal, error }: SkippedRecord): WireSkipped {
  return { ordinal, error };
}

export function skippedFromWire(field: string, { ordinal, error }: WireSkipped): SkippedRecord {
  return {
    ordinal: count(`${field}.ordinal`, ordinal),
    error: text(`${field}.error`, error, MESSAGE_CHARS_MAX),
  };
}

export function badRecordToWire(bad: BadRecord): WireBad {
  const { phase, task, file, offset, record, error } = bad;
  return { phase: phaseToWire(phase), task, file, offsetBytes: offset, record, error };
}

export function badRecordFromWire(field: string, wire: WireBad): BadRecord {
  return {
    phase: phaseFromWire(`${field}.phase`, wire.phase),
    task: taskFromWire(`${field}.task`, wire.task),
    file: text(`${field}.file`, wire.file, PATH_CHARS_MAX),
    offset: count(`${field}.offset_bytes`, wire.offsetBytes),
    record: text(`${field}.record`, wire.record),
    error: text(`${field}.error`, wire.error, MESSAGE_CHARS_MAX),
  };
}
