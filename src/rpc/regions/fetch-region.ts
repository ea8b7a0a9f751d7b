/**
 * Fetches one region from another worker. It ends with all of its bytes, counted, or with the exact
 * reason why not; it tries nothing again, because the master decides once for everybody what becomes
 * of a region that cannot be had. The checksums in the region are for the reader of its blocks.
 */

import type { ErrorCode } from "../../base/error.ts";
import { SheafError } from "../../base/error.ts";
import type { WorkerName } from "../../base/ids.ts";
import { FETCH_TIMEOUT_MS_DEFAULT } from "../../base/limits.ts";
import type { Channel } from "../client/channel.ts";
import { stub } from "../client/stub.ts";
import { regionService } from "../services/region-service.ts";
import type { FetchFault } from "../wire/from-worker.ts";
import type { RegionRequest } from "../wire/region-calls.ts";

/** What a fetch goes by. */
export interface FetchOptions {
  /** For messages. */
  readonly worker: WorkerName;
  readonly signal?: AbortSignal;
  /** For the next byte to come; what the reader takes to work on the last ones does not count. */
  readonly progressTimeoutMs?: number;
}

/**
 * The bytes of a region from an offset on, piece by piece. To leave the loop ends the transfer.
 *
 * @throws SheafError `REGION_UNAVAILABLE`, with the `FetchFault` as `data.fault`; or the reason of the
 *   signal, if that has ended it.
 */
export async function* fetchRegion(
  channel: Channel,
  request: RegionRequest,
  options: FetchOptions,
): AsyncGenerator<Uint8Array> {
  const { signal, progressTimeoutMs = FETCH_TIMEOUT_MS_DEFAULT } = options;
  signal?.throwIfAborted();
  const watch = new ProgressWatch(progressTimeoutMs, signal);
  const expectedBytes = request.lengthBytes - request.offsetBytes;
  const fail = (fault: FetchFault, why: string, cause?: unknown) =>
    failed(channel, request, options, fault, why, cause);
  let receivedBytes = 0;
  try {
    const chunks = stub(regionService, channel).fetchRegion(request, { signal: watch.signal });
    watch.start();
    for await (const { data } of chunks) {
      watch.stop();
      receivedBytes += data.length;
      if (receivedBytes > expectedBytes) {
        throw fail("length", `it sent more than the ${expectedBytes} bytes that it should`);
      }
      yield data;
      watch.start();
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    if (watch.hasFired) {
      const place = `after ${receivedBytes} of ${expectedBytes}`;
      throw fail("timeout", `it sent no byte for ${progressTimeoutMs} ms, ${place}`, thrown);
    }
    if (!(thrown instanceof SheafError) || "fault" in thrown.data) throw thrown;
    throw fail(FAULTS[thrown.code] ?? "refused", thrown.message, thrown);
  } finally {
    watch.close();
  }
  if (receivedBytes === expectedBytes) return;
  throw fail("length", `it sent ${receivedBytes} bytes and not ${expectedBytes}`);
}

const FAULTS: Partial<Record<ErrorCode, FetchFault>> = {
  CLUSTER_UNREACHABLE: "unreachable",
  CANCELLED: "unreachable",
  REGION_UNAVAILABLE: "gone",
  NOT_FOUND: "gone",
  REGION_CORRUPT: "corrupt",
};

function failed(
  channel: Channel,
  { producer, partition }: RegionRequest,
  { worker }: FetchOptions,
  fault: FetchFault,
  why: string,
  cause: unknown,
): SheafError {
  const { job, phase, task, attempt } = producer;
  return new SheafError(
    "REGION_UNAVAILABLE",
    `Cannot fetch region ${partition} of ${phase} task ${task} (attempt ${attempt}, job ${job}) from ` +
      `${worker} at ${channel.peer}: ${why.replace(/\.$/, "")}.`,
    { data: { fault, worker, partition, task, attempt }, cause },
  );
}

/** Aborts a call when nothing comes for too long, or when somebody else wants it to end. */
class ProgressWatch {
  readonly #controller = new AbortController();
  readonly #timeoutMs: number;
  readonly #outer: AbortSignal | undefined;
  readonly #abort = () => this.#controller.abort(this.#outer?.reason);
  #timer: NodeJS.Timeout | undefined;
  hasFired = false;

  constructor(timeoutMs: number, outer: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs;
    this.#outer = outer;
    outer?.addEventListener("abort", this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(): void {
    this.#timer ??= setTimeout(() => {
      this.hasFired = true;
      this.#controller.abort();
    }, this.#timeoutMs);
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    this.stop();
    this.#outer?.removeEventListener("abort", this.#abort);
  }
}
