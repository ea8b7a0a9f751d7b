/**
 * Leaders that do not last: each is cut off from the other masters soon after its election, or while
 * commands are on their way, and comes back when its successor is cut off. Their logs end in entries
 * that no other has (Raft, figure 8). Some are stopped as well for a while: they go on as leaders that
 * have missed their successor's election, and clients still reach them.
 */

import type { Chance } from "../../storage/support/chance.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { SimulatedMaster } from "../cluster/simulated-master.ts";
import type { Plot } from "./plot.ts";

/** What it does to leaders; each undoes what it did. */
export interface ShortReignsParts {
  readonly cluster: Cluster;
  readonly chance: Chance;
  readonly untilMs: number;
  readonly isolate: (master: SimulatedMaster) => () => void;
  readonly stop: (master: SimulatedMaster, forMs: number) => void;
}

const REIGNS_MS = [0, 0, 300, 2000];
const STOP_MS_MIN = 300;
const STOP_MS_MAX = 3000;

/** See the head of this file. */
export class ShortReigns implements Plot {
  readonly #parts: ShortReignsParts;
  #seenTerm = 0;
  #endedTerm = 0;
  #endMs = 0;
  #waitsForCommands = false;
  #mend: () => void = () => {};

  constructor(parts: ShortReignsParts) {
    this.#parts = parts;
  }

  isOver(): boolean {
    const { cluster, untilMs } = this.#parts;
    const { nowMs } = cluster.world;
    if (nowMs > untilMs) {
      this.#mend();
      return true;
    }
    for (const master of cluster.masters) {
      const status = master.life?.replica.status();
      if (status?.raft.role !== "leader" || status.raft.term <= this.#endedTerm) continue;
      const { term } = status.raft;
      if (term > this.#seenTerm) this.#begins(term, nowMs);
      const hasCommands = status.proposals > 0 || !this.#waitsForCommands;
      if (term === this.#seenTerm && nowMs >= this.#endMs && hasCommands) this.#ends(master, term);
    }
    return false;
  }

  #begins(term: number, nowMs: number): void {
    const { chance } = this.#parts;
    this.#seenTerm = term;
    this.#endMs = nowMs + chance.pick(REIGNS_MS);
    this.#waitsForCommands = chance.oneIn(2);
  }

  #ends(master: SimulatedMaster, term: number): void {
    const { chance, cluster, isolate, stop } = this.#parts;
    cluster.world.sometimes.saw("reign cut short");
    this.#endedTerm = term;
    this.#mend();
    this.#mend = isolate(master);
    if (chance.oneIn(2)) stop(master, chance.between(STOP_MS_MIN, STOP_MS_MAX));
  }
}
