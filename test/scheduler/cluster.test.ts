/**
 * Whole jobs on a cluster in virtual time, with deaths, zombies, stops, lost outputs, failures and
 * changes of the leader: when all that is over, every job ends, and every task has one winner.
 */

import { describe, expect, it } from "vitest";
import { jobId, workerName } from "../../src/base/ids.ts";
import type { SubmitJob } from "../../src/scheduler/command.ts";
import { JOB, submit } from "./support/commands.ts";
import { type Sightings, SimulatedCluster } from "./support/simulated-cluster.ts";

const SEEDS = 150;
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

/** What the seeds must have reached, so that the test means what it says. */
const RARE = [
  "backup",
  "exclusion",
  "leader changed",
  "worker lost",
  "worker superseded",
  "map-output-lost",
  "attempt killed lost-race",
  "attempt killed preempted",
  "attempt failed reported",
  "attempt lost worker-lost",
  "fetch lost",
  "fetch try-again",
  "fetch known",
  "assign-task too late",
  "succeed-attempt too late",
  "fail-attempt too late",
  "lose-map-output too late",
];

describe("a cluster in trouble", () => {
  it("ends every job when the trouble is over, and each task has one winner", () => {
    const sightings: Sightings = new Map();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const cluster = play(seed, sightings);
      const haveEnded = () => cluster.state.jobs.size === 3 && cluster.allJobsEnded;
      expect(cluster.runUntil(haveEnded, PEACE_MS), `seed ${seed}`).toBe(true);
      for (const job of cluster.state.jobs.values()) expect(job.status).toBe("done");
      expect(cluster.mostWinners, `seed ${seed}`).toBe(1);
    }
    expect(RARE.filter((what) => !sightings.has(what))).toEqual([]);
  });
});

describe("a cluster", () => {
  /** Runs one job and says how long it took, in seconds. */
  function secondsOf(cluster: SimulatedCluster, job: SubmitJob): number {
    cluster.propose(job);
    cluster.runUntil(() => cluster.state.jobs.has(job.job), PEACE_MS);
    const startMs = cluster.time.nowMs;
    expect(cluster.runUntil(() => cluster.allJobsEnded, 10 * PEACE_MS)).toBe(true);
    return (cluster.time.nowMs - startMs) / 1000;
  }

  it("does not wait for a worker at 1 % speed, if the job wants backups", () => {
    const natures = { a: {}, b: {}, c: {}, slow: { speed: 0.01 } };
    const job = submit(30, 4, { speculation: true, limits: { attemptsMax: 99 } });
    expect(secondsOf(new SimulatedCluster(1, natures), job)).toBeLessThan(60);
    const patient = { ...job, speculation: false };
    expect(secondsOf(new SimulatedCluster(1, natures), patient)).toBeGreaterThan(100);
  });

  it("does not wait for it either where reduces hold every slot until the last map is done", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const natures = { a: {}, b: {}, c: {}, slow: { speed: 0.01 } };
      const cluster = new SimulatedCluster(seed, natures);
      const job = submit(30, 20, {
        speculation: true,
        slowStart: 0.05,
        limits: { attemptsMax: 99 },
      });
      expect(secondsOf(cluster, job), `seed ${seed}`).toBeLessThan(90);
      // Each slot of the slow one costs a reduce its slot once or twice, and not again and again.
      const madeWay = cluster.sightings.get("attempt killed preempted") ?? 0;
      expect(madeWay, `seed ${seed}`).toBeLessThanOrEqual(4);
    }
  });

  it("excludes a machine on which everything fails, and gets on without it", () => {
    const cluster = new SimulatedCluster(1, { a: {}, b: {}, c: {}, bad: { failureShare: 1 } });
    const job = submit(60, 4, { limits: { attemptsMax: 99 } });
    cluster.propose(job);
    const isExcluded = (): boolean => cluster.excluded.includes(workerName("bad"));
    expect(cluster.runUntil(isExcluded, PEACE_MS)).toBe(true);
    const failures = cluster.sightings.get("attempt failed reported")!;
    expect(cluster.runUntil(() => cluster.allJobsEnded, PEACE_MS)).toBe(true);
    // What it had been given before may fail, and no more.
    expect(cluster.sightings.get("attempt failed reported")! - failures).toBeLessThanOrEqual(2);
  });

  it("lets a small job through while a large one runs, and a more important one first", () => {
    const cluster = new SimulatedCluster(1, { a: {}, b: {} });
    const [large, small, urgent] = ["large", "small", "urgent"].map(jobId);
    const ends = new Map<string, number>();
    const hasEnded = (id: string) => () =>
      cluster.state.jobs.get(jobId(id))?.status === "done" &&
      ends.set(id, cluster.time.nowMs) !== undefined;
    cluster.propose(submit(200, 1, { job: large! }));
    cluster.runUntil(() => cluster.time.nowMs > 10_000, PEACE_MS);
    cluster.propose(submit(10, 1, { job: small! }));
    cluster.propose(submit(20, 1, { job: urgent!, priority: 1 }));
    for (const id of ["urgent", "small", "large"]) {
      expect(cluster.runUntil(hasEnded(id), PEACE_MS), id).toBe(true);
    }
    // Ten maps and a reduce, of 2 s each, on half of four slots, after those of the urgent one.
    expect(ends.get("small")! - ends.get("urgent")!).toBeLessThan(20_000);
    expect(ends.get("large")! - ends.get("small")!).toBeGreaterThan(40_000);
  });

  it("goes on when a map gets lost while reduces hold every slot", () => {
    const cluster = new SimulatedCluster(1, { a: { slots: 1 }, b: { slots: 1 } });
    cluster.propose(submit(4, 6, { slowStart: 0.5, limits: { attemptsMax: 99 } }));
    const job = () => cluster.state.jobs.get(JOB);
    const holdAll = () => job()?.reduce.running.size === 2 && job()?.reduce.completed === 0;
    expect(cluster.runUntil(holdAll, PEACE_MS)).toBe(true);
    cluster.die("a");
    cluster.begin("a");
    expect(cluster.runUntil(() => cluster.allJobsEnded, PEACE_MS)).toBe(true);
    expect(job()?.status).toBe("done");
  });
});
