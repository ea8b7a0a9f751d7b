/**
 * Whole jobs on a cluster in virtual time, with deaths, zombies, stops, lost outputs, failures and
 * changes of the leader: when all that is over, every job ends, and every task has one winner.
 */

import { describe, expect, it } from "vitest";
import { jobId } from "../../src/base/ids.ts";
import { submit } from "./support/commands.ts";
import { type Sightings, SimulatedCluster } from "./support/simulated-cluster.ts";

const SEEDS = 40;
const TROUBLE_MS = 40_000;
const PEACE_MS = 300_000;

/** Lets one thing happen to a worker, or to the leader. */
function trouble(cluster: SimulatedCluster): void {
  const { random, names } = cluster;
  const name = names[Math.floor(random() * names.length)]!;
  const dice = random();
  if (dice < 0.25) cluster.die(name);
  else if (dice < 0.45) cluster.stop(name);
  else if (dice < 0.75) cluster.goOn(name);
  else if (dice < 0.82) cluster.loseOutputs(name);
  else if (dice < 0.92) cluster.cutLink(name, names[Math.floor(random() * names.length)]!);
  else cluster.changeLeader();
}

function play(seed: number, sightings: Sightings): SimulatedCluster {
  const cluster = new SimulatedCluster(
    seed,
    {
      a: {},
      b: {},
      c: { slots: 1 },
      d: { slots: 3 },
      bad: { failureShare: 0.7 },
      slow: { speed: 0.05 },
    },
    sightings,
  );
  const { random } = cluster;
  for (let job = 0; job < 3; job++) {
    cluster.time.after(random() * TROUBLE_MS, () => {
      cluster.propose(
        submit(1 + Math.floor(random() * 20), Math.floor(random() * 8), {
          job: jobId(`j${job}`),
          slowStart: random(),
          priority: Math.floor(random() * 2),
          speculation: true,
          mapHosts: [{ label: "a", tasks: [0] }],
          limits: { attemptsMax: 1000 },
        }),
      );
    });
  }
  const next = (): void => {
    if (cluster.time.nowMs > TROUBLE_MS) return;
    trouble(cluster);
    cluster.time.after(random() * 3000, next);
  };
  cluster.time.after(2000, next);
  cluster.runUntil(() => cluster.time.nowMs > TROUBLE_MS, Number.POSITIVE_INFINITY);
  for (const name of cluster.names) cluster.goOn(name);
  return cluster;
}

describe("a cluster in trouble", () => {
  it("ends every job when the trouble is over, and each reduce has one winner", () => {
    const sightings: Sightings = new Map();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const cluster = play(seed, sightings);
      const ended = cluster.runUntil(() => cluster.allJobsEnded, PEACE_MS);
      expect(ended, `seed ${seed}`).toBe(true);
      for (const job of cluster.state.jobs.values()) expect(job.status).toBe("done");
      expect(cluster.state.jobs.size).toBe(3);
      expect(cluster.mostWinners, `seed ${seed}`).toBe(1);
    }
    console.log(Object.fromEntries([...sightings].sort()));
  });
});
