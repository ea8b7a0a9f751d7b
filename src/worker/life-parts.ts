/**
 * What the attempts of one life of a worker have in common.
 */

import type { Clock } from "../base/clock.ts";
import type { Incarnation } from "../base/ids.ts";
import type { RegionShelf } from "../rpc/regions/region-shelf.ts";
import type { WorkerMessage } from "../rpc/wire/from-worker.ts";
import type { JobSetup } from "../rpc/wire/task.ts";
import type { SlotOptions } from "../slot/slot.ts";
import type { FetchQueue } from "./fetch/fetch-queue.ts";
import type { LifeFolder } from "./life-folder.ts";

/** See the head of this file. */
export interface LifeParts {
  readonly incarnation: Incarnation;
  readonly folder: LifeFolder;
  readonly shelf: RegionShelf;
  readonly fetches: FetchQueue;
  readonly clock: Clock;
  /** Buffers of one slot. */
  readonly memoryBytes: number;
  /** What the thread of a job's attempts is started with. */
  readonly threadOptions: (setup: JobSetup) => SlotOptions;
  /** Says something to the leader, if there is one. */
  readonly say: (message: WorkerMessage) => void;
}
