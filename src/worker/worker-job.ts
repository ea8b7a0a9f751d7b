/**
 * What a worker knows of one job: what all of its attempts are told, its bundle, and where the regions
 * of the partitions are that it reduces.
 */

import type { SheafError } from "../base/error.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import { unpackParams } from "../job/packed-params.ts";
import type { RawParams } from "../job/params.ts";
import type { LostRegions, RegionLocation, RegionLocations } from "../rpc/wire/from-master.ts";
import type { JobSetup } from "../rpc/wire/task.ts";
import type { BundleStore } from "./bundle-store.ts";

/** Locations that are kept for partitions whose attempt is over, in case another one is assigned. */
const IDLE_LOCATIONS_MAX = 100_000;

/** See the head of this file. */
export class WorkerJob {
  readonly setup: JobSetup;
  /** Two jobs that say the same of their code and of all that it sees may share a thread. */
  readonly threadKey: string;
  /** Where partitions begin, if the job partitions by range. */
  boundaries: readonly Uint8Array[] | undefined;
  /** What its code has thrown where no attempt was there to take it: no result of it can be trusted. */
  stray: SheafError | undefined;
  readonly #bundles: BundleStore;
  #bundle: Promise<JobBundle> | undefined;
  /** By partition, the one that was told of last at the end. */
  readonly #locations = new Map<number, Map<number, RegionLocation>>();
  #locationsHeld = 0;

  constructor(setup: JobSetup, bundles: BundleStore) {
    this.setup = setup;
    this.threadKey = threadKeyOf(setup);
    this.#bundles = bundles;
  }

  /** As they were given. Throws `MESSAGE_INVALID` for what is none. */
  params(): RawParams {
    return unpackParams(this.setup.params);
  }

  bundle(): Promise<JobBundle> {
    if (this.#bundle !== undefined) return this.#bundle;
    const bundle = this.#bundles.take(this.setup.bundle);
    this.#bundle = bundle;
    bundle.catch(() => {
      // The next attempt asks again.
      this.#bundle = undefined;
    });
    return bundle;
  }

  /** Remembers where regions of a partition are. */
  locate({ partition, locations }: RegionLocations): void {
    const known = this.#locations.get(partition) ?? new Map<number, RegionLocation>();
    this.#locations.delete(partition);
    this.#locations.set(partition, known);
    this.#locationsHeld -= known.size;
    for (const location of locations) known.set(location.mapTask, location);
    this.#locationsHeld += known.size;
  }

  locationsOf(partition: number): Iterable<RegionLocation> {
    return this.#locations.get(partition)?.values() ?? [];
  }

  lose({ regions }: LostRegions): void {
    for (const known of this.#locations.values()) {
      for (const { mapTask, mapAttempt } of regions) {
        if (known.get(mapTask)?.mapAttempt !== mapAttempt) continue;
        known.delete(mapTask);
        this.#locationsHeld--;
      }
    }
  }

  /** Lets go of locations that nobody may need, beyond a bound. `isNeeded` tells of a partition. */
  trimLocations(isNeeded: (partition: number) => boolean): void {
    if (this.#locationsHeld <= IDLE_LOCATIONS_MAX) return;
    let idle = 0;
    for (const [partition, known] of [...this.#locations].reverse()) {
      if (isNeeded(partition)) continue;
      idle += known.size;
      if (idle <= IDLE_LOCATIONS_MAX) continue;
      this.#locations.delete(partition);
      this.#locationsHeld -= known.size;
    }
  }

  /** The job is over here. */
  close(): void {
    if (this.#bundle !== undefined) this.#bundles.giveBack(this.setup.bundle);
    this.#bundle = undefined;
  }
}

function threadKeyOf({ bundle, params, environment, taskTimeoutMs }: JobSetup): string {
  const variables = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  const seen = Buffer.from(params).toString("base64");
  return JSON.stringify([bundle, seen, variables, taskTimeoutMs]);
}
