/**
 * Keeps what a worker reports within the bounds that its leader checks. What a job's code says, counts
 * and throws can be of any size; a message beyond a bound would be refused each time it is sent, and
 * the end of the attempt would never be heard.
 */

import { ATTEMPT_LOG_BYTES_MAX } from "../base/limits.ts";
import type { Counters } from "../job/counters.ts";
import type { BadRecord, Failure } from "../job/failure.ts";
import * as limits from "../rpc/limits.ts";
import type { ReportedResult } from "../rpc/wire/result.ts";

/** What of a message's bytes bad records may take. */
const BAD_RECORDS_CHARS_MAX = limits.MESSAGE_BYTES_MAX / 8;

/** A failure that fits a message. */
export function boundedFailure(failure: Failure): Failure {
  const { message, stack, codeFrame, record, logTail } = failure;
  return {
    ...failure,
    message: cut(message, limits.MESSAGE_CHARS_MAX),
    stack: cut(stack, limits.MESSAGE_CHARS_MAX),
    codeFrame: codeFrame && cut(codeFrame, limits.MESSAGE_CHARS_MAX),
    record: record && {
      ...record,
      file: cut(record.file, limits.PATH_CHARS_MAX),
      excerpt: cut(record.excerpt, limits.LINE_CHARS_MAX),
    },
    // Its end says most.
    logTail: logTail.slice(-limits.MESSAGE_CHARS_MAX),
  };
}

/** A result that fits a message. */
export function boundedResult(result: ReportedResult): ReportedResult {
  return {
    ...result,
    counters: boundedCounters(result.counters),
    bad: boundedBad(result.bad),
    lastSkipped: result.lastSkipped && boundedFailure(result.lastSkipped),
    log: cut(result.log, ATTEMPT_LOG_BYTES_MAX),
    leftRunning: result.leftRunning.map((kind) => cut(kind, limits.LINE_CHARS_MAX)),
  };
}

function boundedCounters({ task, user }: Counters): Counters {
  const sums = new Map<string, number>();
  for (const [name, sum] of Object.entries(user)) {
    const short = cut(name, limits.LINE_CHARS_MAX);
    sums.set(short, (sums.get(short) ?? 0) + sum);
  }
  return { task, user: Object.fromEntries(sums) };
}

/** The first of them, as many as there is room for. */
function boundedBad(bad: readonly BadRecord[]): BadRecord[] {
  const kept: BadRecord[] = [];
  let chars = 0;
  for (const each of bad.slice(0, limits.BAD_RECORDS_MAX)) {
    const { file, record, error } = each;
    const short = {
      ...each,
      file: cut(file, limits.PATH_CHARS_MAX),
      record: cut(record, limits.LINE_CHARS_MAX),
      error: cut(error, limits.MESSAGE_CHARS_MAX),
    };
    chars += short.file.length + short.record.length + short.error.length;
    if (chars > BAD_RECORDS_CHARS_MAX) break;
    kept.push(short);
  }
  return kept;
}

function cut(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax - 3)}...`;
}
