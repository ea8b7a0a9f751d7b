/**
 * What the main thread and a slot's thread say to each other. Plain data only.
 */

import type { JobBundle } from "../bundle/job-bundle.ts";
import type { Failure } from "../job/failure.ts";
import type { RawParams } from "../job/params.ts";
import type { AnyTaskResult, AnyTaskSpec } from "../task/task-spec.ts";

/** What a thread is started with. */
export interface SlotData {
  /** The memory of its `ProgressCells`. */
  readonly progress: SharedArrayBuffer;
  /** What its objects may take. */
  readonly heapMiB: number;
}

/** Main thread to slot. */
export type SlotRequest =
  | { readonly type: "load"; readonly bundle: JobBundle; readonly params: RawParams }
  | { readonly type: "run"; readonly spec: AnyTaskSpec };

/** How an attempt ended. */
export type SlotAnswer =
  | {
      readonly type: "succeeded";
      readonly result: AnyTaskResult;
      /** Kinds of what the job's code has started and not awaited, if anything. */
      readonly leftRunning: readonly string[];
    }
  | {
      readonly type: "failed";
      readonly failure: Failure;
      readonly fatal: boolean;
      /** The file that could not be read or written, if that was it. */
      readonly path: string | undefined;
    };

/** Slot to main thread: one answer per `run`, or its last words. */
export type SlotReport =
  | SlotAnswer
  /** The thread is ending; `failure` says why, but not at which record. */
  | { readonly type: "died"; readonly failure: Failure; readonly fatal: boolean };
