/**
 * What one seed has come to, as data that crosses from one process to another, and in words.
 */

import type { SimulationResult } from "../simulation.ts";
import type { Sight } from "../sometimes.ts";

/** See the head of this file. */
export interface SeedReport {
  readonly seed: number;
  readonly hash: string;
  readonly events: number;
  readonly commands: number;
  readonly virtualMs: number;
  readonly counts: Readonly<Partial<Record<Sight, number>>>;
  /** Undefined where all held. */
  readonly problem: string | undefined;
}

export function reportOf(result: SimulationResult): SeedReport {
  const { seed, hash, events, commands, virtualMs, sometimes, problem } = result;
  const counts = Object.fromEntries(
    Object.entries(sometimes.counts).filter(([, count]) => count > 0),
  );
  const facts = { seed, hash, events, commands, virtualMs, counts };
  return { ...facts, problem: problem === undefined ? undefined : wordsOf(problem) };
}

/** On one line. */
export function wordsOf(problem: unknown): string {
  return problem instanceof Error ? `${problem.name}: ${problem.message}` : String(problem);
}

/** The line that makes it fail again. */
export function replayOf(seed: number, faults?: readonly number[]): string {
  const some = faults === undefined ? "" : ` --faults ${faults.length > 0 ? faults.join() : ","}`;
  return `npm run simulate -- --seed ${seed}${some}`;
}
