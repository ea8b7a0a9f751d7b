/**
 * The worst that a lost disk can do to a group of three. Its leader is stopped, the other two elect
 * one of them; then whoever gave its vote loses its disk, and hears the old leader again instead of
 * the new one.
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { SimulatedMaster } from "../cluster/simulated-master.ts";
import type { Plot } from "./plot.ts";

/** What it does to masters; each undoes what it did. */
export interface ForgottenVoteParts {
  readonly cluster: Cluster;
  readonly untilMs: number;
  readonly isolate: (master: SimulatedMaster) => () => void;
  readonly stop: (master: SimulatedMaster) => () => void;
  /** Its disk is lost, and it starts again at once. */
  readonly loseDisk: (master: SimulatedMaster) => void;
}

const MASTERS = 3;

/** See the head of this file. */
export class ForgottenVote implements Plot {
  readonly #parts: ForgottenVoteParts;
  readonly #old: SimulatedMaster | undefined;
  #mend: () => void = () => {};
  #goOn: () => void = () => {};

  constructor(parts: ForgottenVoteParts) {
    this.#parts = parts;
    if (!this.#mayBegin) return;
    this.#old = parts.cluster.directory.leader;
    if (this.#old === undefined) return;
    this.#mend = parts.isolate(this.#old);
    this.#goOn = parts.stop(this.#old);
  }

  isOver(): boolean {
    const { cluster, untilMs, isolate, loseDisk } = this.#parts;
    if (this.#old === undefined) return true;
    const leader = cluster.directory.leaders.find((master) => master !== this.#old);
    const isLate = cluster.world.nowMs > untilMs || !this.#mayBegin;
    if (leader === undefined && !isLate) return false;
    const voter = cluster.masters.find((master) => master !== this.#old && master !== leader);
    if (leader !== undefined && voter !== undefined && !isLate) {
      cluster.world.sometimes.saw("vote forgotten");
      isolate(leader);
      loseDisk(voter);
    }
    this.#mend();
    this.#goOn();
    return true;
  }

  /** Only while all have all that they had: a majority that forgets is beyond any rule. */
  get #mayBegin(): boolean {
    const { masters } = this.#parts.cluster;
    return masters.length === MASTERS && masters.every(({ isSound }) => isSound);
  }
}
