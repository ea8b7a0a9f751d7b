/**
 * Bounds of the requests to S3: tries, waits and timeouts. Two may be moved by the environment, for
 * endpoints that are far away or slow.
 */

import type { RetryPolicy } from "../base/backoff.ts";
import { parseDurationMs } from "../base/duration.ts";
import { SheafError } from "../base/error.ts";

export interface S3Settings {
  /** For requests while tasks run: half a minute of trouble is waited out. */
  readonly policy: RetryPolicy;
  /** A request that brings nothing for so long is begun anew. */
  readonly stallMs: number;
}

const TRIES_DEFAULT = 10;
const TRIES_LIMIT = 100;
/** Before anything runs, who mistyped an endpoint should not wait for long. */
const PLANNING_TRIES_MAX = 4;
const FIRST_WAIT_MS = 100;
const WAIT_MS_MAX = 20_000;
const STALL_MS_DEFAULT = 30_000;

let settings: S3Settings | undefined;

/** The bounds, with what the environment says. @throws SheafError `USAGE` where that cannot be. */
export function s3Settings(): S3Settings {
  settings ??= readSettings(process.env);
  return settings;
}

/** For requests before the first task runs. */
export function planningPolicy(): RetryPolicy {
  const { policy } = s3Settings();
  return { ...policy, triesMax: Math.min(policy.triesMax, PLANNING_TRIES_MAX) };
}

/** See `s3Settings`. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): S3Settings {
  const { AWS_MAX_ATTEMPTS, SHEAF_S3_TIMEOUT } = env;
  const triesMax = AWS_MAX_ATTEMPTS === undefined ? TRIES_DEFAULT : Number(AWS_MAX_ATTEMPTS);
  if (!Number.isInteger(triesMax) || triesMax < 1 || triesMax > TRIES_LIMIT) {
    throw new SheafError(
      "USAGE",
      `AWS_MAX_ATTEMPTS is "${AWS_MAX_ATTEMPTS}"; it must be a whole number from 1 to ${TRIES_LIMIT}.`,
    );
  }
  const stallMs =
    SHEAF_S3_TIMEOUT === undefined ? STALL_MS_DEFAULT : parseDurationMs(SHEAF_S3_TIMEOUT);
  if (stallMs === undefined || stallMs < 1) {
    throw new SheafError(
      "USAGE",
      `SHEAF_S3_TIMEOUT is "${SHEAF_S3_TIMEOUT}"; it must be a duration such as 30s.`,
    );
  }
  return { policy: { triesMax, firstWaitMs: FIRST_WAIT_MS, waitMsMax: WAIT_MS_MAX }, stallMs };
}
