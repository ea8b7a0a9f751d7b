/**
 * A process that simulates its share of the seeds (in-processes.ts). One seed in many is run twice: the
 * same seed must go the same way.
 */

import { simulate } from "../simulation.ts";
import type { Share } from "./in-processes.ts";
import { reportOf, type SeedReport } from "./seed-report.ts";

const TWICE_EVERY = 50;

/** What a seed comes to; a problem if a second run of it goes another way. */
export async function runSeed(seed: number): Promise<SeedReport> {
  const report = reportOf(await simulate(seed));
  if (seed % TWICE_EVERY !== 0) return report;
  const { hash } = await simulate(seed);
  if (hash === report.hash) return report;
  return { ...report, problem: `The traces of two runs are ${report.hash} and ${hash}.` };
}

/** Waits for a share, and runs it. */
export function serveShare(): void {
  process.once("message", (share: Share) => {
    void run(share);
  });
}

async function run({ firstSeed, seeds, step }: Share): Promise<void> {
  for (let i = 0; i < seeds; i++) process.send!(await runSeed(firstSeed + i * step));
}
