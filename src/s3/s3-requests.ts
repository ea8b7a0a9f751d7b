/**
 * Makes requests to S3, each bounded in time and in tries, and turns what they fail with into errors
 * that say what to do.
 */

import { type Pace, REAL_PACE, type RetryPolicy, retrying } from "../base/backoff.ts";
import { isAbsent, isTransient, withoutRequest } from "./s3-answer.ts";
import { type S3Library, s3Library } from "./s3-client.ts";
import { s3Error } from "./s3-error.ts";
import { s3Settings } from "./s3-settings.ts";
import type { S3Location } from "./s3-url.ts";
import { StallWatch } from "./stall-watch.ts";

/** How requests are made. */
export interface S3RequestOptions {
  readonly role: "read" | "write";
  readonly policy?: RetryPolicy;
  readonly pace?: Pace;
  readonly signal?: AbortSignal;
}

/** A slow line brings at least so many bytes of a piece in time. */
const UPLOAD_BYTES_PER_MS_MIN = 64;

type Sender<T> = (library: S3Library, watch: StallWatch) => Promise<T>;

/** See the head of this file. It holds nothing: the connections are the thread's. */
export class S3Requests {
  readonly #role: "read" | "write";
  readonly #policy: RetryPolicy;
  readonly #pace: Pace;
  readonly #signal: AbortSignal | undefined;

  constructor({ role, policy, pace, signal }: S3RequestOptions) {
    this.#role = role;
    this.#policy = policy ?? s3Settings().policy;
    this.#pace = pace ?? REAL_PACE;
    this.#signal = signal;
  }

  /** Tries a call as often and with such waits as all requests of these requests. */
  async retry<T>(call: () => Promise<T>): Promise<T> {
    const bounds = { policy: this.#policy, pace: this.#pace, isTransient };
    return await retrying(
      async () => {
        try {
          return await call();
        } catch (thrown) {
          throw withoutRequest(thrown);
        }
      },
      this.#signal === undefined ? bounds : { ...bounds, signal: this.#signal },
    );
  }

  /** As `call`; undefined where there is no such object. */
  async unlessAbsent<T>(action: string, send: Sender<T>): Promise<T | undefined> {
    try {
      return await this.call(action, send);
    } catch (error) {
      if (isAbsent((error as Error).cause)) return undefined;
      throw error;
    }
  }

  /** A request with its tries. It throws a `SheafError` whose cause is a refusal, or another error. */
  async call<T>(action: string, send: Sender<T>, bodyBytes = 0): Promise<T> {
    const library = await s3Library();
    const timeoutMs = s3Settings().stallMs + bodyBytes / UPLOAD_BYTES_PER_MS_MIN;
    let tries = 0;
    try {
      return await this.retry(async () => {
        tries++;
        return await watched(timeoutMs, this.#signal, (watch) => send(library, watch));
      });
    } catch (thrown) {
      const { endpoint } = library;
      throw s3Error({ action, role: this.#role, endpoint, tries }, thrown);
    }
  }
}

/** A request under a watch; what ends it is told, and not that it was ended. */
async function watched<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  send: (watch: StallWatch) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const watch = new StallWatch(timeoutMs);
  const abort = () => watch.abort(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await send(watch);
  } catch (thrown) {
    throw watch.signal.aborted ? watch.signal.reason : thrown;
  } finally {
    signal?.removeEventListener("abort", abort);
    watch.close();
  }
}

/** An object as the library names it. */
export function named({ bucket, key }: S3Location): { Bucket: string; Key: string } {
  return { Bucket: bucket, Key: key };
}
