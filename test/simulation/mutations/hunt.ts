/**
 * Runs one seed after the other until one fails, and says which: the process of one mutant.
 */

import process from "node:process";
import { wordsOf } from "../run/seed-report.ts";
import { simulate } from "../simulation.ts";

const [firstSeed = "1", seeds = "0"] = process.argv.slice(2);
const endSeed = Number(firstSeed) + Number(seeds);
let found: { readonly seed: number; readonly problem: string } | undefined;
for (let seed = Number(firstSeed); seed < endSeed && found === undefined; seed++) {
  const { problem } = await simulate(seed);
  if (problem !== undefined) found = { seed, problem: wordsOf(problem) };
}
process.stdout.write(`${JSON.stringify(found ?? {})}\n`);
