/**
 * What may go wrong, as plain data: a run's faults are a list that can be printed, and shortened.
 */

import type { Chance } from "../../storage/support/chance.ts";

export const FAULT_KINDS = [
  "weather",
  "cut both ways",
  "cut one way",
  "flap",
  "isolate a master",
  "kill a master",
  "power loss",
  "power loss of all masters",
  "stop a master",
  "slow master",
  "end a master in order",
  "clock jump",
  "full disk",
  "failed fsync",
  "slow disk",
  "rot",
  "lose a disk",
  "replace a master",
  "ambush",
  "short reigns",
  "forgotten vote",
  "split replacement",
  "kill a worker",
  "stop a worker",
  "slow worker",
  "damage outputs",
  "cut workers off from each other",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** See the head of this file. */
export interface Fault {
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly forMs: number;
  /** In [0, 1): says which of those there are it hits, and how hard. */
  readonly draw: number;
}

/** A kind is drawn so many times as often as the others. */
const OFTEN: Partial<Record<FaultKind, number>> = {
  "kill a master": 3,
  "power loss": 2,
  ambush: 3,
  "kill a worker": 3,
  "slow worker": 4,
  "cut both ways": 2,
  "isolate a master": 2,
  "stop a worker": 2,
  "replace a master": 2,
  "power loss of all masters": 0.5,
};

/** Draws what goes wrong up to a moment: each run has its own rates. */
export function drawFaults(chance: Chance, untilMs: number): readonly Fault[] {
  const count = chance.pick([0, 4, 10, 16, 24, 32]);
  const weights = FAULT_KINDS.map((kind) => {
    // Some kinds do not come at all, so that others are seen without them.
    return chance.oneIn(3) ? 0 : (OFTEN[kind] ?? 1) * chance.share();
  });
  const sum = weights.reduce((a, b) => a + b, 0);
  const faults = Array.from({ length: sum > 0 ? count : 0 }, (): Fault => {
    let left = chance.between(0, sum);
    const kind = FAULT_KINDS.find((_, i) => {
      left -= weights[i]!;
      return left < 0;
    })!;
    const forMs = chance.oneIn(4) ? chance.between(3000, 12_000) : chance.between(100, 3000);
    const atMs = Math.floor(chance.between(500, untilMs));
    return { kind, atMs, forMs: Math.floor(forMs), draw: chance.share() };
  });
  return faults.sort((a, b) => a.atMs - b.atMs);
}

export function describeFault({ kind, atMs, forMs, draw }: Fault): string {
  return `${kind} at ${atMs} ms for ${forMs} ms (${draw.toFixed(3)})`;
}
