/**
 * The simulator over so many seeds as a test can afford: none of them breaks a promise, together they
 * reach every fault and every rare state, and each goes the same way again. With other seeds, and more:
 *
 *     npm run simulate -- --seeds 20000 --seed 1 --jobs 2
 */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { simulate } from "./simulation.ts";

const SEEDS = process.env.SHEAF_SIMULATION_SEEDS ?? "300";
const TIMEOUT_MS = 600_000;

describe("a simulated cluster", () => {
  it(
    `keeps its promises in ${SEEDS} runs, which see all there is to see`,
    async () => {
      const words = ["test/simulation/main.ts", "--seeds", SEEDS, "--jobs", "2"];
      const run = promisify(execFile)(process.execPath, ["scripts/ts.mjs", ...words]);
      const { stdout } = await run.catch((error: { stdout: string; stderr: string }) => {
        throw new Error(`${error.stdout}\n${error.stderr}`);
      });
      expect(stdout).toContain(" 0 failed.");
    },
    TIMEOUT_MS,
  );

  it.each([3, 17, 40])("goes the same way again: seed %i", async (seed) => {
    const first = await simulate(seed);
    const second = await simulate(seed, { keepsLines: true });
    expect(first.problem).toBeUndefined();
    expect(second.hash).toBe(first.hash);
    expect(second.events).toBe(first.events);
  });

  it("goes another way with another seed", async () => {
    const hashes = await Promise.all([1, 2, 3].map(async (seed) => (await simulate(seed)).hash));
    expect(new Set(hashes).size).toBe(3);
  });
});
