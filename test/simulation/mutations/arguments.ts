/**
 * What `node scripts/ts.mjs test/simulation/mutations/main.ts ...` is told.
 */

/** See the head of this file. */
export interface HuntArguments {
  readonly firstSeed: number;
  readonly seeds: number;
  /** Mutants that are hunted at once, each in a process. */
  readonly jobs: number;
  /** Part of the names of those that are wanted. */
  readonly only: string;
}

const USAGE =
  "Usage: node scripts/ts.mjs test/simulation/mutations/main.ts [--seeds N] [--seed S] [--jobs J] [--only TEXT]";
const NAMES = ["--seeds", "--seed", "--jobs", "--only"];

/** Throws for words that it does not know. */
export function parseHuntArguments(words: readonly string[]): HuntArguments {
  const given = new Map<string, string>();
  for (let i = 0; i < words.length; i += 2) {
    const [name, value] = [words[i]!, words[i + 1]];
    if (!NAMES.includes(name) || value === undefined) throw new Error(USAGE);
    given.set(name, value);
  }
  const count = (name: string, otherwise: number): number => {
    const number = Number(given.get(name) ?? otherwise);
    if (!Number.isSafeInteger(number) || number < 1) throw new Error(USAGE);
    return number;
  };
  return {
    firstSeed: count("--seed", 1),
    seeds: count("--seeds", 3000),
    jobs: count("--jobs", 1),
    only: given.get("--only") ?? "",
  };
}
