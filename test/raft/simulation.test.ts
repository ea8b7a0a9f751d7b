/**
 * Groups through random faults, checked all the way (support/raft-checker.ts). A seed reproduces its
 * run; the number of seeds is set by an environment variable, and so is the first of them:
 *
 *     SHEAF_RAFT_SEEDS=2000 SHEAF_RAFT_FIRST_SEED=1 npx vitest run test/raft/simulation.test.ts
 */

import { describe, expect, it } from "vitest";
import { Simulation, type SimulationResult } from "./support/simulation.ts";

const SEEDS = Number(process.env.SHEAF_RAFT_SEEDS ?? 40);
const FIRST_SEED = Number(process.env.SHEAF_RAFT_FIRST_SEED ?? 1);
const STEPS = 4000;

describe.each([3, 5])("a group of %i members in a faulty world", (memberCount) => {
  it("keeps what Raft promises, and gets on when the faults end", () => {
    const results: SimulationResult[] = [];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      try {
        results.push(new Simulation(seed, memberCount).run(STEPS));
      } catch (error) {
        throw new Error(`Seed ${seed} fails: ${String(error)}`, { cause: error });
      }
    }
    // The world was not so faulty that nothing happened in it.
    expect(sum(results, "committed") / SEEDS).toBeGreaterThan(20);
    expect(sum(results, "readsServed") / SEEDS).toBeGreaterThan(2);
    expect(sum(results, "leadersElected") / SEEDS).toBeGreaterThan(2);
  }, 600_000);
});

function sum(
  results: readonly SimulationResult[],
  key: "committed" | "readsServed" | "leadersElected",
): number {
  return results.reduce((total, result) => total + result[key], 0);
}
