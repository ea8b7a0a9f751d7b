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
}

/** Main thread to slot. */
export type SlotRequest =
  | { readonly type: "load"; readonly bundle: JobBundle; readonly params: RawParams }
  | { readonly type: "run"; readonly spec: AnyTaskSpec };

/** Slot to main thread: one answer per `run`. */
export type SlotAnswer =
  | { readonly type: "succeeded"; readonly result: AnyTaskResult }
  | { readonly type: "failed"; readonly failure: Failure; readonly fatal: boolean };
