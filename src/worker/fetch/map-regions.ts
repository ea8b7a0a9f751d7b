/**
 * The regions of one reduce attempt, one from each map task: where they are as far as the leader has
 * said, and which are here. Locations come while maps still run, are replaced, and get lost; a region
 * that is here stays good, because another attempt of its map task has the same bytes.
 *
 * What always holds: a location is reported at most once as failed, and the next word on its map task
 * is the leader's.
 */

import type { Clock } from "../../base/clock.ts";
import { SheafError } from "../../base/error.ts";
import type { Incarnation } from "../../base/ids.ts";
import type { RegionShelf } from "../../rpc/regions/region-shelf.ts";
import type { AnyAttemptRef } from "../../rpc/wire/attempt.ts";
import type { RegionLocation } from "../../rpc/wire/from-master.ts";
import type { FetchFailed } from "../../rpc/wire/from-worker.ts";
import type { RunRegion } from "../../shuffle/merge-runs.ts";
import type { FetchRequester } from "./fetch-queue.ts";
import { faultOf, fetchFailed, regionFault, type WantedRegion } from "./wanted-region.ts";

/** What they are for and where they come from. */
export interface MapRegionsOptions {
  /** The reduce attempt; its task is the partition. */
  readonly attempt: AnyAttemptRef;
  readonly mapTasks: number;
  /** This life of this worker, whose own regions are read where they are. */
  readonly incarnation: Incarnation;
  readonly shelf: Pick<RegionShelf, "find">;
  readonly requester: Pick<FetchRequester, "fetch">;
  readonly clock: Pick<Clock, "wait">;
  readonly report: (failed: FetchFailed) => void;
}

/** What is known of the region of one map task. */
interface Entry {
  readonly location: RegionLocation;
  readonly controller: AbortController;
  /** How often this very location has been tried. */
  readonly tries: number;
  region: RunRegion | undefined;
  failed: FetchFailed | undefined;
}

const EMPTY = { path: "", offset: 0, lengthBytes: 0, records: 0, blockBytesMax: 0 };
/** Before the same location is tried again because the leader says so. */
const AGAIN_MS = 500;
const AGAIN_MS_MAX = 10_000;

/** See the head of this file. */
export class MapRegions {
  readonly #options: MapRegionsOptions;
  readonly #entries = new Map<number, Entry>();
  #ready = 0;
  #error: unknown;
  #wake: () => void = () => {};

  constructor(options: MapRegionsOptions) {
    this.#options = options;
  }

  /** Takes in where a region is; also in place of what was said before. */
  take(location: RegionLocation): void {
    const { mapTask, source, region } = location;
    if (mapTask >= this.#options.mapTasks) return;
    const known = this.#entries.get(mapTask);
    if (known?.region !== undefined) return;
    const isSame = known !== undefined && isSamePlace(known.location, location);
    if (isSame && known.failed === undefined) return;
    known?.controller.abort(replaced());
    const entry: Entry = {
      location,
      controller: new AbortController(),
      tries: isSame ? known.tries + 1 : 0,
      region: undefined,
      failed: undefined,
    };
    this.#entries.set(mapTask, entry);
    if (region.lengthBytes === 0) this.#has(entry, EMPTY);
    else if (source.incarnation === this.#options.incarnation) this.#find(entry);
    else void this.#fetch(entry);
  }

  /** A map output cannot be had any more; what is here of it stays. */
  lose(mapTask: number, mapAttempt: number): void {
    const entry = this.#entries.get(mapTask);
    if (entry === undefined || entry.region !== undefined) return;
    if (entry.location.mapAttempt !== mapAttempt) return;
    entry.controller.abort(replaced());
    this.#entries.delete(mapTask);
  }

  /** All of them in the order of their map tasks. Throws what ends the attempt. */
  async all(): Promise<RunRegion[]> {
    while (this.#ready < this.#options.mapTasks) {
      if (this.#error !== undefined) throw this.#error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return Array.from({ length: this.#options.mapTasks }, (_, task) => {
      return this.#entries.get(task)!.region!;
    });
  }

  /**
   * The file of a region of this worker's own was found damaged when it was read. False if it is none
   * of those: then the damage is this attempt's alone.
   */
  reject(path: string, why: string): boolean {
    for (const entry of this.#entries.values()) {
      const { region, location } = entry;
      if (region?.path !== path || location.source.incarnation !== this.#options.incarnation)
        continue;
      entry.region = undefined;
      this.#ready--;
      this.#failed(entry, regionFault(this.#wanted(location), "corrupt", why));
      return true;
    }
    return false;
  }

  /** Tells a leader that may not have heard it what waits for its decision. */
  reportAgain(): void {
    for (const { failed } of this.#entries.values()) {
      if (failed !== undefined) this.#options.report(failed);
    }
  }

  /** Ends what is under way; `all` throws the reason. */
  close(reason: unknown): void {
    this.#error ??= reason;
    for (const { controller } of this.#entries.values()) controller.abort(reason);
    this.#wake();
  }

  #wanted({ mapTask, mapAttempt, source, region }: RegionLocation): WantedRegion {
    const { job, task } = this.#options.attempt;
    const producer = { job, phase: "map", task: mapTask, attempt: mapAttempt } as const;
    return { source, producer, partition: task, region };
  }

  #find(entry: Entry): void {
    const { region } = entry.location;
    const wanted = this.#wanted(entry.location);
    try {
      const { path, offset } = this.#options.shelf.find({ ...wanted, ...region });
      this.#has(entry, { path, offset, ...region });
    } catch (thrown) {
      if (!(thrown instanceof SheafError)) throw thrown;
      this.#failed(entry, regionFault(wanted, "gone", thrown.message));
    }
  }

  async #fetch(entry: Entry): Promise<void> {
    const { requester, clock } = this.#options;
    const { signal } = entry.controller;
    try {
      if (entry.tries > 0) await clock.wait(Math.min(AGAIN_MS_MAX, AGAIN_MS * entry.tries), signal);
      this.#has(entry, await requester.fetch(this.#wanted(entry.location), signal));
    } catch (thrown) {
      if (signal.aborted) return;
      if (thrown instanceof SheafError && faultOf(thrown) !== undefined)
        this.#failed(entry, thrown);
      else this.close(thrown);
    }
  }

  #has(entry: Entry, region: RunRegion): void {
    entry.region = region;
    this.#ready++;
    if (this.#ready === this.#options.mapTasks) this.#wake();
  }

  #failed(entry: Entry, error: SheafError): void {
    const { attempt, report } = this.#options;
    entry.failed = fetchFailed(attempt, this.#wanted(entry.location), error);
    report(entry.failed);
  }
}

function isSamePlace(a: RegionLocation, b: RegionLocation): boolean {
  return a.mapAttempt === b.mapAttempt && a.source.incarnation === b.source.incarnation;
}

function replaced(): SheafError {
  return new SheafError("CANCELLED", "The region is fetched from another place.");
}
