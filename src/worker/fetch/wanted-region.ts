/**
 * A region that an attempt needs, and one that it has: what goes into the queue of fetches and what
 * comes out.
 */

import { SheafError } from "../../base/error.ts";
import { attemptInWords } from "../../rpc/attempt-name.ts";
import { MESSAGE_CHARS_MAX } from "../../rpc/limits.ts";
import type { AnyAttemptRef } from "../../rpc/wire/attempt.ts";
import type { FetchFailed, FetchFault } from "../../rpc/wire/from-worker.ts";
import type { RegionSize, RegionSource } from "../../rpc/wire/region.ts";
import type { RunRegion } from "../../shuffle/merge-runs.ts";
import type { RegionFile } from "./region-file.ts";

/** A region somewhere. */
export interface WantedRegion {
  readonly source: RegionSource;
  /** The attempt that wrote it. */
  readonly producer: AnyAttemptRef;
  readonly partition: number;
  readonly region: RegionSize;
}

/** Brings a region to this machine, whole and verified. */
export type FetchRegion = (
  wanted: WantedRegion,
  into: RegionFile,
  signal: AbortSignal,
) => Promise<RunRegion>;

/** Why a region could not be had, if that is what was thrown. */
export function faultOf(thrown: unknown): FetchFault | undefined {
  if (!(thrown instanceof SheafError) || thrown.code !== "REGION_UNAVAILABLE") return undefined;
  return thrown.data.fault as FetchFault | undefined;
}

/** The error for a region that a worker, or this machine, does not have as it should. */
export function regionFault(wanted: WantedRegion, fault: FetchFault, why: string): SheafError {
  const { source, producer, partition } = wanted;
  return new SheafError(
    "REGION_UNAVAILABLE",
    `Cannot use region ${partition} of ${attemptInWords(producer)} from ${source.worker} at ` +
      `${source.address}: ${why.replace(/\.$/, "")}.`,
    { data: { fault, worker: source.worker, partition } },
  );
}

/** What the leader is told of it. */
export function fetchFailed(
  attempt: AnyAttemptRef,
  { source, producer }: WantedRegion,
  error: SheafError,
): FetchFailed {
  return {
    type: "fetch-failed",
    attempt,
    producer,
    worker: source.worker,
    workerIncarnation: source.incarnation,
    reason: faultOf(error) ?? "refused",
    message: error.message.slice(0, MESSAGE_CHARS_MAX),
  };
}
