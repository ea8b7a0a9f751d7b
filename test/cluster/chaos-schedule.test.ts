/**
 * The strikes of the seeds that `npm run test:chaos` runs: that nothing is left out among them.
 */

import { describe, expect, test } from "vitest";
import {
  type ChaosNode,
  chaosSchedule,
  describeStrike,
  type LinkFault,
} from "./support/chaos-schedule.ts";

const SEEDS = 20;
const NODES = { masters: 3, workers: 3 };

/** Of the seeds with three masters. */
const strikes = Array.from({ length: SEEDS / 2 }, (_, i) => chaosSchedule(2 * i + 2, NODES)).flat();
const cuts = strikes.map(({ fault }) => fault).filter((fault) => fault.type === "cut");

const isMaster = ({ kind }: ChaosNode) => kind === "master";
const kindsOf = ({ from, to }: LinkFault): string => {
  const kinds = [from, to].map((side) => [...new Set(side.map(({ kind }) => kind))].join("+"));
  return kinds.sort().join(" | ");
};

describe("the strikes of a seed", () => {
  test("are the same each time, and others for another seed", () => {
    expect(chaosSchedule(7, NODES)).toEqual(chaosSchedule(7, NODES));
    expect(chaosSchedule(7, NODES)).not.toEqual(chaosSchedule(8, NODES));
  });

  test("name only nodes that there are", () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const words = chaosSchedule(seed, { masters: 1, workers: 3 }).map(describeStrike).join("; ");
      expect(words).not.toMatch(/master [02-9]|worker [04-9]|cut {2}|from {2}/);
    }
  });
});

describe("the strikes of all seeds", () => {
  test("kill, stop and end workers and masters, and kill all masters at once", () => {
    const seen = strikes.flatMap(({ fault }) =>
      fault.type === "cut" ? [] : [`${fault.type} ${fault.nodes.length} ${fault.nodes[0]!.kind}`],
    );
    expect([...new Set(seen)].sort()).toEqual([
      ...["end 1 master", "end 1 worker", "kill 1 master", "kill 1 worker", "kill 3 master"],
      ...["stop 1 master", "stop 1 worker"],
    ]);
  });

  test("cut links between masters, workers and clients", () => {
    const seen = [...new Set(cuts.map(kindsOf))];
    expect(seen.sort()).toEqual([
      ...["client | master", "master | master", "master | master+worker", "master | worker"],
      "worker | worker",
    ]);
  });

  test("cut some links for longer than a new leader waits for workers, one in a seed at the most", () => {
    const long = cuts.filter(({ forMs }) => forMs > 10_000);
    expect(new Set(long.map(kindsOf)).size).toBeGreaterThan(2);
    for (let seed = 1; seed <= SEEDS; seed++) {
      const faults = chaosSchedule(seed, NODES).map(({ fault }) => fault);
      expect(faults.filter(({ forMs }) => forMs > 10_000).length).toBeLessThan(2);
    }
  });

  test("cut links between masters in each way, steadily and flapping", () => {
    const seen = cuts
      .filter(({ from, to }) => [from, to].every((side) => side.some(isMaster)))
      .map(({ how, times }) => `${how}, ${times === 1 ? "steady" : "flapping"}`);
    expect([...new Set(seen)].sort()).toEqual([
      ...["one way, flapping", "one way, steady", "reset, flapping", "reset, steady"],
      ...["silent, flapping", "silent, steady"],
    ]);
  });
});
