/**
 * Runs one seed after the other until one fails, and says which: the process of one mutant.
 */

import process from "node:process";
import { wordsOf } from "../run/seed-report.ts";
import { simulate } from "../simulation.ts";

const [seedsMax = "0"] = process.argv.slice(2);
let found: { readonly seed: number; readonly problem: string } | undefined;
for (let seed = 1; seed <= Number(seedsMax) && found === undefined; seed++) {
  const { problem } = await simulate(seed);
  if (problem !== undefined) found = { seed, problem: wordsOf(problem) };
}
process.stdout.write(`${JSON.stringify(found ?? {})}\n`);
