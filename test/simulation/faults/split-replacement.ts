/**
 * Two masters are replaced at once, and when both new ones follow, they are alone with the leader: with
 * their votes it would have a majority, and so would those that it is cut off from without.
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { SimulatedMaster } from "../cluster/simulated-master.ts";
import type { Plot } from "./plot.ts";

/** What it does to the group. */
export interface SplitReplacementParts {
  readonly cluster: Cluster;
  readonly untilMs: number;
  /** Nothing gets from these to all others, nor back. */
  readonly part: (these: readonly SimulatedMaster[]) => void;
}

const REPLACED = 2;

/** See the head of this file. */
export class SplitReplacement implements Plot {
  readonly #parts: SplitReplacementParts;

  constructor(parts: SplitReplacementParts) {
    this.#parts = parts;
    const { administrator, masters, directory } = parts.cluster;
    const followers = masters.filter((master) => master !== directory.leader);
    for (const master of followers.slice(0, REPLACED)) administrator.replace(master);
  }

  isOver(): boolean {
    const { cluster, untilMs, part } = this.#parts;
    const { leader } = cluster.directory;
    const learners = leader?.life?.replica.status().raft.membership.learners ?? [];
    if (leader !== undefined && learners.length >= REPLACED) {
      part([leader, ...cluster.masters.filter(({ member }) => learners.includes(member))]);
      return true;
    }
    return cluster.world.nowMs > untilMs || !cluster.administrator.isBusy;
  }
}
