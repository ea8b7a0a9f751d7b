/**
 * What the turns of one round of planning have in common.
 */

import type { Liveness } from "../liveness.ts";
import type { SchedulerState } from "../state.ts";
import { FreeSlots } from "./free-slots.ts";

/** Slots of the cluster that backups may take. */
const BACKUPS_SHARE = 1 / 10;

/** See the head of this file. */
export class Round {
  readonly state: SchedulerState;
  readonly liveness: Liveness;
  readonly nowMs: number;
  /** How many more backups the cluster may run. */
  backupsLeft: number;
  #free: FreeSlots | undefined;

  constructor(state: SchedulerState, liveness: Liveness, nowMs: number) {
    this.state = state;
    this.liveness = liveness;
    this.nowMs = nowMs;
    this.backupsLeft = Math.max(1, Math.floor(state.workers.slots * BACKUPS_SHARE));
    for (const { map, reduce } of state.active.values()) {
      // What runs beside the first attempt of a task is a backup.
      this.backupsLeft -= map.running.size - map.inProgress;
      this.backupsLeft -= reduce.running.size - reduce.inProgress;
    }
  }

  /** Made when somebody wants a slot: mostly either slots or tasks are short, and nobody does. */
  get free(): FreeSlots {
    this.#free ??= new FreeSlots(this.state, this.liveness.free, this.liveness.excluded);
    return this.#free;
  }

  get hasRoom(): boolean {
    return this.#free === undefined ? this.liveness.free.size > 0 : !this.#free.isEmpty;
  }
}
