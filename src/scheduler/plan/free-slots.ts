/**
 * The free slots of one round of planning: which worker has most room, at the same small cost
 * however many workers there are.
 */

import { assert } from "../../base/assert.ts";
import type { WorkerId, WorkerName } from "../../base/ids.ts";
import type { SchedulerState, WorkerState } from "../state.ts";

/** See the head of this file. */
export class FreeSlots {
  /** Room by worker that has any. */
  readonly #room = new Map<WorkerState, number>();
  /** Workers by their room. One whose room has changed since is still there, and is passed over. */
  readonly #byRoom: WorkerState[][] = [];

  constructor(
    { workers }: SchedulerState,
    free: ReadonlyMap<WorkerId, number>,
    excluded: ReadonlySet<WorkerName>,
  ) {
    for (const [id, slots] of free) {
      const worker = workers.live.get(id);
      if (worker !== undefined && slots > 0 && !excluded.has(worker.name)) {
        this.#put(worker, slots);
      }
    }
  }

  get isEmpty(): boolean {
    return this.#room.size === 0;
  }

  has(worker: WorkerState): boolean {
    return this.#room.has(worker);
  }

  workers(): WorkerState[] {
    return [...this.#room.keys()];
  }

  take(worker: WorkerState): void {
    const room = this.#room.get(worker);
    assert(room !== undefined, "only a free slot is taken");
    this.#room.delete(worker);
    if (room > 1) this.#put(worker, room - 1);
  }

  /** The worker with most room that is not to be avoided. */
  roomiest(avoided: readonly WorkerId[] = []): WorkerState | undefined {
    for (let room = this.#byRoom.length - 1; room > 0; room--) {
      const workers = this.#byRoom[room]!;
      for (let i = workers.length - 1; i >= 0; i--) {
        const worker = workers[i]!;
        if (this.#room.get(worker) !== room) workers.splice(i, 1);
        else if (!avoided.includes(worker.id)) return worker;
      }
      if (workers.length === 0 && room === this.#byRoom.length - 1) this.#byRoom.pop();
    }
    return undefined;
  }

  #put(worker: WorkerState, room: number): void {
    this.#room.set(worker, room);
    while (this.#byRoom.length <= room) this.#byRoom.push([]);
    this.#byRoom[room]!.push(worker);
  }
}
