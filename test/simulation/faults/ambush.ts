/**
 * A crash or a stop that waits for a bad moment of a machine's: those that chance alone would rarely hit.
 */

import type { Chance } from "../../storage/support/chance.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { SimulatedMaster } from "../cluster/simulated-master.ts";
import type { SimulatedWorker } from "../cluster/simulated-worker.ts";
import type { Plot } from "./plot.ts";

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
  // Names have changed in a folder, and a loss of power may take back some of that: of a file that takes
  // the place of another, or of several.
  ({ masters }) => masters.find(({ host, machine }) => host.isUp && machine.changedNames > 1),
  ({ masters }) => masters.find(({ host, machine }) => host.isUp && machine.changedNames > 2),
  // Two of them stand for election, or one that was not elected yet does.
  ({ masters }) => masters.find(({ life }) => life?.replica.status().raft.role === "candidate"),
];

/** See the head of this file. */
export class Ambush implements Plot {
  readonly #cluster: Cluster;
  readonly #strikes: () => boolean;
  readonly #untilMs: number;

  private constructor(cluster: Cluster, untilMs: number, strikes: () => boolean) {
    this.#cluster = cluster;
    this.#untilMs = untilMs;
    this.#strikes = strikes;
  }

  /** Waits for a bad moment of a master's. */
  static onMaster(
    cluster: Cluster,
    chance: Chance,
    untilMs: number,
    strike: (master: SimulatedMaster, losesPower: boolean) => void,
  ): Ambush {
    const moment = chance.pick(MOMENTS);
    const losesPower = chance.oneIn(2);
    return new Ambush(cluster, untilMs, () => {
      const master = moment(cluster);
      if (master !== undefined) strike(master, losesPower);
      return master !== undefined;
    });
  }

  /** Waits until a worker has written half of what a reduce makes, where all machines see it. */
  static onWriter(
    cluster: Cluster,
    untilMs: number,
    strike: (worker: SimulatedWorker) => void,
  ): Ambush {
    return new Ambush(cluster, untilMs, () => {
      const worker = cluster.workers.find(({ life }) => life?.isWriting === true);
      if (worker !== undefined) strike(worker);
      return worker !== undefined;
    });
  }

  isOver(): boolean {
    return this.#strikes() || this.#cluster.world.nowMs > this.#untilMs;
  }
}
