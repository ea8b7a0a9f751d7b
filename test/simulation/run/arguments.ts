/**
 * What `npm run simulate -- ...` is told.
 */

/** See the head of this file. */
export interface Arguments {
  readonly firstSeed: number;
  readonly seeds: number;
  /** Processes. */
  readonly jobs: number;
  /** In the place of those that the seed draws: their places in its list. */
  readonly faults: readonly number[] | undefined;
  /** Lines of the trace to print of a seed that fails. */
  readonly trace: number;
}

export const USAGE =
  "Usage: npm run simulate -- [--seeds N] [--seed S] [--jobs J] [--faults I,J,...] [--trace LINES]";

/** Throws for words that it does not know. */
export function parseArguments(words: readonly string[]): Arguments {
  const given = new Map<string, string>();
  for (let i = 0; i < words.length; i += 2) {
    const [name, value] = [words[i]!, words[i + 1]];
    const isKnown = ["--seeds", "--seed", "--jobs", "--faults", "--trace"].includes(name);
    if (!isKnown || value === undefined) throw new Error(USAGE);
    given.set(name, value);
  }
  const count = (name: string, otherwise: number): number => {
    const number = Number(given.get(name) ?? otherwise);
    if (!Number.isSafeInteger(number) || number < 0) throw new Error(USAGE);
    return number;
  };
  const faults = given.get("--faults");
  return {
    firstSeed: count("--seed", 1),
    seeds: count("--seeds", 1),
    jobs: Math.max(1, count("--jobs", 1)),
    faults: faults === undefined ? undefined : faults.split(",").filter(Boolean).map(Number),
    trace: count("--trace", 0),
  };
}
