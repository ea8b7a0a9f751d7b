/**
 * Who is where: masters, and the workers' servers of regions, by the addresses that they are called at.
 */

import type { SimulatedMaster } from "./simulated-master.ts";
import type { SimulatedWorker } from "./simulated-worker.ts";

/** See the head of this file. */
export class Directory {
  readonly masters = new Map<string, SimulatedMaster>();
  readonly workers = new Map<string, SimulatedWorker>();

  /** The masters that lead, as far as they know. */
  get leaders(): SimulatedMaster[] {
    return [...this.masters.values()].filter(({ life }) => life?.leads === true);
  }

  /** Whoever leads the latest term. */
  get leader(): SimulatedMaster | undefined {
    const termOf = ({ life }: SimulatedMaster) => life?.replica.status().raft.term ?? 0;
    return this.leaders.sort((a, b) => termOf(b) - termOf(a))[0];
  }
}
