/**
 * A crash that waits for a bad moment of the leader's: those that chance alone would rarely hit.
 */

import type { Chance } from "../../storage/support/chance.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { SimulatedMaster } from "../cluster/simulated-master.ts";

/** Whether it is now, and whose. */
type Moment = (cluster: Cluster) => SimulatedMaster | undefined;

const MOMENTS: readonly Moment[] = [
  // Commands are on their way to a majority.
  ({ directory: { leader } }) =>
    (leader?.life?.replica.status().proposals ?? 0) > 0 ? leader : undefined,
  // The disk has not said that it has something.
  ({ directory: { leader } }) => (leader?.isSyncing === true ? leader : undefined),
  // A snapshot is being written.
  ({ masters }) => masters.find(({ life }) => life?.replica.status().snapshot.isUnderWay === true),
  // A snapshot is coming in.
  ({ masters }) => masters.find(({ life }) => life?.replica.status().raft.incoming !== undefined),
  // A job is published, and the log does not say so.
  ({ directory: { leader }, scheduling, folder }) => {
    const jobs = [...scheduling.state.jobs.values()];
    const isBetween = jobs.some((job) => !job.ended && folder.hasFolder(job.spec.output));
    return isBetween ? leader : undefined;
  },
  // Two of them stand for election, or one that was not elected yet does.
  ({ masters }) => masters.find(({ life }) => life?.replica.status().raft.role === "candidate"),
];

/** See the head of this file. */
export class Ambush {
  readonly #moment: Moment;
  readonly #untilMs: number;
  readonly #losesPower: boolean;
  readonly #strike: (master: SimulatedMaster, losesPower: boolean) => void;

  constructor(
    chance: Chance,
    untilMs: number,
    strike: (master: SimulatedMaster, losesPower: boolean) => void,
  ) {
    this.#moment = chance.pick(MOMENTS);
    this.#losesPower = chance.oneIn(2);
    this.#untilMs = untilMs;
    this.#strike = strike;
  }

  /** Strikes if it is time; true if there is nothing more to wait for. */
  isOver(cluster: Cluster): boolean {
    const master = this.#moment(cluster);
    if (master !== undefined) this.#strike(master, this.#losesPower);
    return master !== undefined || cluster.world.nowMs > this.#untilMs;
  }
}
