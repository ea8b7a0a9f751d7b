/**
 * How long the calls of a master's disk take. A process that dies never hears of those under way, so
 * a crash comes before, during or after any of them.
 */

import type { Chance } from "../../storage/support/chance.ts";
import type { CallKind, DiskPace } from "../../storage/support/simulated-disk.ts";
import type { Process } from "../world/host.ts";

/** What may change while a disk is in use. */
export interface DiskSpeed {
  /** A sync on a good day. */
  readonly syncMs: number;
  slowness: number;
}

const CALL_MS = 0.05;

/** See the head of this file. */
export class TimedDisk implements DiskPace {
  readonly #process: Process;
  readonly #speed: DiskSpeed;
  readonly #chance: Chance;
  /** Syncs under way. */
  syncing = 0;

  constructor(process: Process, speed: DiskSpeed, chance: Chance) {
    this.#process = process;
    this.#speed = speed;
    this.#chance = chance;
  }

  before(kind: CallKind): Promise<void> {
    if (kind === "sync") this.syncing++;
    const base = kind === "sync" ? this.#speed.syncMs : CALL_MS;
    return this.#wait(base * this.#chance.between(0.5, 2));
  }

  async after(kind: CallKind): Promise<void> {
    if (kind !== "sync") return;
    await this.#wait(CALL_MS);
    this.syncing--;
  }

  #wait(ms: number): Promise<void> {
    const { world } = this.#process;
    const { slowness } = this.#speed;
    return new Promise((resolve) => {
      world.after(ms * slowness, () => this.#process.run(resolve));
    });
  }
}
