/**
 * What an endpoint's refusal is: its code and status, and whether asking again may help. The library
 * throws errors of many shapes; nothing else of this project looks into them.
 */

import { systemCodeOf } from "../base/error.ts";
import { Stalled } from "./stall-watch.ts";

/** Codes of S3 that ask to come again, beside those with a status that does. */
const TRANSIENT_CODES = new Set([
  "ConditionalRequestConflict",
  "Error", // the library's word for a refusal whose own words broke off
  "InternalError",
  "OperationAborted",
  "RequestLimitExceeded",
  "RequestTimeTooSkewed", // the library corrects its clock by the answer
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "UnknownError", // likewise
]);
/** The last one is the library's word for a 404 to a HEAD, which has no words. */
const ABSENT_CODES = new Set(["NoSuchKey", "NoSuchUpload", "NotFound"]);
const TRANSIENT_STATUSES = new Set([408, 429, 500, 502, 503, 504]);
/** What a connection may end in that would have gone well a moment later. */
const CONNECTION_CODES = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ETIMEDOUT",
]);

/** What an endpoint sent is not what was asked for: fewer bytes, or none that can be understood. */
export class BrokenAnswer extends Error {
  override readonly name = "BrokenAnswer";
}

/** A refusal: what an endpoint answered in place of what was asked for. */
export class S3Refusal extends Error {
  override readonly name = "S3Refusal";
  /** `NoSuchKey`, `SlowDown`, ...; of a HEAD, which has no words, `NotFound`. */
  readonly code: string;
  /** The HTTP status. */
  readonly status: number;
  /** The region that the bucket is in, where the answer says so. */
  readonly region: string | undefined;

  constructor(code: string, status: number, region: string | undefined) {
    super(`${status} ${code}`);
    this.code = code;
    this.status = status;
    this.region = region;
  }
}

/** An error as the library throws it. */
interface LibraryError {
  readonly name?: string;
  readonly Code?: string;
  readonly Region?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: {
    readonly statusCode?: number;
    readonly headers?: Readonly<Record<string, string | undefined>>;
  };
}

/**
 * What the library has thrown, as an error without its requests: their headers hold the session
 * token, and whoever prints an error prints what hangs on it.
 */
export function withoutRequest(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { Code, name = "", Region, $metadata, $response } = thrown as LibraryError;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  if (status !== undefined) {
    const region = Region ?? $response?.headers?.["x-amz-bucket-region"];
    return new S3Refusal(Code ?? name, status, region);
  }
  if (!("$metadata" in thrown || "$response" in thrown)) return thrown;
  const bare = new Error(thrown.message);
  return Object.assign(bare, { name, code: connectionCode(thrown) });
}

/** The code of a refusal, if it is one. */
export function answerCode(thrown: unknown): string | undefined {
  return thrown instanceof S3Refusal ? thrown.code : undefined;
}

/** The HTTP status of a refusal; undefined where nobody answered. */
export function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof S3Refusal ? thrown.status : undefined;
}

/** The system's code of a connection that failed: `ECONNREFUSED`, ... */
export function connectionCode(thrown: unknown): string | undefined {
  const code = systemCodeOf(thrown);
  if (code !== undefined && CONNECTION_CODES.has(code)) return code;
  // Node wraps the failures of several addresses of one name.
  if (thrown instanceof AggregateError) return thrown.errors.map(connectionCode).find(Boolean);
  return thrown instanceof Error && thrown.cause !== undefined
    ? connectionCode(thrown.cause)
    : undefined;
}

/** Whether it is a failure to get an answer in time. */
export function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Stalled || (thrown instanceof Error && thrown.name === "TimeoutError");
}

/** Whether the same request may succeed a moment later. */
export function isTransient(thrown: unknown): boolean {
  if (thrown instanceof BrokenAnswer || isTimeout(thrown)) return true;
  if (connectionCode(thrown) !== undefined) return true;
  const status = statusOf(thrown);
  // An answer of success that could not be read was cut, or is an error in disguise.
  if (status === undefined) return isUnreadable(thrown);
  return (
    status < 300 || TRANSIENT_STATUSES.has(status) || TRANSIENT_CODES.has(answerCode(thrown) ?? "")
  );
}

/** The connection ended within an answer: Node says so in words alone. */
function isUnreadable(thrown: unknown): boolean {
  return thrown instanceof Error && /^aborted$|socket hang up/.test(thrown.message);
}

/** Whether the endpoint does not know conditions of writes, as older ones do not. */
export function isNotImplemented(thrown: unknown): boolean {
  return statusOf(thrown) === 501 || answerCode(thrown) === "NotImplemented";
}

/** Whether there is no such object, or no such upload; a bucket that is missing is another matter. */
export function isAbsent(thrown: unknown): boolean {
  return ABSENT_CODES.has(answerCode(thrown) ?? "");
}

/** Whether the condition of a request does not hold. */
export function isRefusedCondition(thrown: unknown): boolean {
  return statusOf(thrown) === 412;
}
