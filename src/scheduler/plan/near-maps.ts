/**
 * The maps of a job by where their input is, for delay scheduling (M. Zaharia et al., EuroSys 2010):
 * a job waits a little for slots on hosts that have its input, then for some in the same racks, then
 * takes any. A map that was tried before is not among them: it takes the first slot there is.
 */

import type { IndexSet } from "../index-set.ts";
import type { JobState, WorkerState } from "../state.ts";
import type { FreeSlots } from "./free-slots.ts";

/** How long a job lets slots pass that are on no right host, and those in no right rack. */
const HOST_WAIT_MS = 500;
const RACK_WAIT_MS = 1000;

/** A map, and a worker for it. */
export interface MapPlace {
  readonly task: number;
  readonly worker: WorkerState;
}

/** See the head of this file. */
export class NearMaps {
  readonly byLabel = new Map<string, FreshTasks>();
  /** Those of which nothing is known. */
  readonly unlabelled: FreshTasks;
  /** Since when nothing has started on a right host. */
  waitingSinceMs: number | undefined;

  constructor({ map, mapHosts }: JobState) {
    const isLabelled = new Uint8Array(map.count);
    for (const { label, tasks } of mapHosts) {
      this.byLabel.set(label, new FreshTasks(map.fresh, tasks));
      for (const task of tasks) isLabelled[task] = 1;
    }
    const others = Uint32Array.from(isLabelled.keys()).filter((task) => isLabelled[task] === 0);
    this.unlabelled = new FreshTasks(map.fresh, others);
  }
}

/** What a job's maps are offered in one round of planning. */
export class NearMapsRound {
  readonly #near: NearMaps;
  readonly #fresh: IndexSet;
  readonly #free: FreeSlots;
  readonly #nowMs: number;
  readonly #taken = new Set<number>();
  readonly #onHost: Offers;
  readonly #inRack: Offers;
  #nextOfAll = 0;

  constructor(near: NearMaps, fresh: IndexSet, free: FreeSlots, nowMs: number) {
    this.#near = near;
    this.#fresh = fresh;
    this.#free = free;
    this.#nowMs = nowMs;
    const workers = free.workers();
    this.#onHost = { workers, next: 0 };
    this.#inRack = { workers: [...workers], next: 0 };
  }

  /** The next map and its worker; undefined if all had better wait. */
  next(): MapPlace | undefined {
    const place = this.#choose();
    if (place !== undefined) this.#taken.add(place.task);
    return place;
  }

  #choose(): MapPlace | undefined {
    const near = this.#near;
    const onHost = this.#accept(this.#onHost, ({ host }) => host);
    if (onHost !== undefined) {
      near.waitingSinceMs = undefined;
      return onHost;
    }
    const task = near.unlabelled.next(this, this.#taken);
    if (task >= 0) return this.#anywhere(task);
    near.waitingSinceMs ??= this.#nowMs;
    const waitedMs = this.#nowMs - near.waitingSinceMs;
    if (waitedMs < HOST_WAIT_MS) return undefined;
    const inRack = this.#accept(this.#inRack, ({ rack }) => rack);
    if (inRack !== undefined || waitedMs < RACK_WAIT_MS) return inRack;
    return this.#anywhere(this.#firstOfAll());
  }

  /** Goes around the workers. One without a near map has none for the rest of the round. */
  #accept(offers: Offers, labelOf: (worker: WorkerState) => string): MapPlace | undefined {
    const { workers } = offers;
    while (workers.length > 0) {
      if (offers.next >= workers.length) offers.next = 0;
      const worker = workers[offers.next]!;
      const tasks = this.#free.has(worker) ? this.#near.byLabel.get(labelOf(worker)) : undefined;
      const task = tasks?.next(this, this.#taken) ?? -1;
      if (task >= 0) {
        offers.next++;
        return { task, worker };
      }
      workers[offers.next] = workers.at(-1)!;
      workers.pop();
    }
    return undefined;
  }

  #anywhere(task: number): MapPlace | undefined {
    const worker = this.#free.roomiest();
    return task < 0 || worker === undefined ? undefined : { task, worker };
  }

  #firstOfAll(): number {
    let task = this.#fresh.next(this.#nextOfAll);
    while (task >= 0 && this.#taken.has(task)) task = this.#fresh.next(task + 1);
    this.#nextOfAll = task < 0 ? this.#fresh.capacity : task;
    return task;
  }
}

/** Workers that are asked in turn. */
interface Offers {
  readonly workers: WorkerState[];
  next: number;
}

/** Some maps of a job, of which the next that was never attempted is found without a search. */
class FreshTasks {
  readonly #fresh: IndexSet;
  readonly #tasks: Uint32Array;
  /** All before it were attempted, which cannot be undone. */
  #start = 0;
  /** All before it were attempted, or taken in the round. */
  #next = 0;
  #round: NearMapsRound | undefined;

  constructor(fresh: IndexSet, tasks: Uint32Array) {
    this.#fresh = fresh;
    this.#tasks = tasks;
  }

  /** The first that is neither attempted nor taken in this round; -1 if there is none. */
  next(round: NearMapsRound, taken: ReadonlySet<number>): number {
    const tasks = this.#tasks;
    if (round !== this.#round) {
      while (this.#start < tasks.length && !this.#fresh.has(tasks[this.#start]!)) this.#start++;
      this.#round = round;
      this.#next = this.#start;
    }
    for (; this.#next < tasks.length; this.#next++) {
      const task = tasks[this.#next]!;
      if (this.#fresh.has(task) && !taken.has(task)) return task;
    }
    return -1;
  }
}
