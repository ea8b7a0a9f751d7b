/**
 * Majorities. A group without voters has no majority of anything: it decides nothing.
 */

import type { MemberId } from "../base/ids.ts";

/** How an election stands: a majority granted, a majority can no longer grant, or neither yet. */
export type Tally = "won" | "lost" | "open";

/** Whether a majority of the voters fulfils a condition. */
export function isMajority(
  voters: readonly MemberId[],
  fulfils: (voter: MemberId) => boolean,
): boolean {
  return voters.filter(fulfils).length * 2 > voters.length;
}

/** The highest number that a majority of the voters has reached; 0 without voters. */
export function reachedByMajority(
  voters: readonly MemberId[],
  numberOf: (voter: MemberId) => number,
): number {
  const descending = voters.map(numberOf).sort((a, b) => b - a);
  return descending[Math.floor(descending.length / 2)] ?? 0;
}

/** Counts the votes of voters; others may have answered, and do not count. */
export function tally(voters: readonly MemberId[], votes: ReadonlyMap<MemberId, boolean>): Tally {
  if (isMajority(voters, (voter) => votes.get(voter) === true)) return "won";
  return isMajority(voters, (voter) => votes.get(voter) !== false) ? "open" : "lost";
}
