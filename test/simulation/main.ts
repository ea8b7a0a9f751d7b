/**
 * `npm run simulate -- --seeds N [--seed S] [--jobs J]`: simulates clusters, and says of what fails how
 * to see it again. See ARCHITECTURE.md, "The simulator".
 */

import process from "node:process";
import { describeFault, type Fault } from "./faults/fault.ts";
import { parseArguments } from "./run/arguments.ts";
import { runInProcesses } from "./run/in-processes.ts";
import { replayOf, wordsOf } from "./run/seed-report.ts";
import { runSeed, serveShare } from "./run/share-process.ts";
import { shrink } from "./run/shrink.ts";
import { Summary } from "./run/summary.ts";
import { simulate } from "./simulation.ts";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<void> {
  const { firstSeed, seeds, jobs, faults, trace } = parseArguments(process.argv.slice(2));
  if (faults !== undefined || trace > 0) return await replay(firstSeed, faults, trace);
  const summary = new Summary();
  if (jobs === 1) {
    for (let i = 0; i < seeds; i++) summary.add(await runSeed(firstSeed + i));
  } else {
    // This very module: without a terminal's words it waits for a share.
    const module = new URL(import.meta.url).pathname;
    await runInProcesses(module, { firstSeed, seeds, jobs }, (report) => summary.add(report));
  }
  for (const line of summary.lines) say(line);
  for (const { seed, problem } of summary.failed) say(`FAILED ${replayOf(seed)} # ${problem}`);
  const { missing } = summary;
  if (missing.length > 0) say(`FAILED to see: ${missing.join(", ")}`);
  const [first] = summary.failed;
  if (first !== undefined) await shorten(first.seed);
  if (first !== undefined || missing.length > 0) process.exitCode = 1;
}

/** One seed, with some of its faults; the end of its trace. */
async function replay(
  seed: number,
  places: readonly number[] | undefined,
  trace: number,
): Promise<void> {
  const all = (await simulate(seed)).faults;
  const faults = places === undefined ? all : someOf(all, places);
  const result = await simulate(seed, { faults, keepsLines: true });
  for (const fault of faults) say(describeFault(fault));
  for (const line of result.lines.slice(-trace)) say(line);
  say(result.standing);
  say(result.problem === undefined ? `${seed} ${result.hash} ok` : stackOf(result.problem));
  if (result.problem !== undefined) process.exitCode = 1;
}

/** Finds a few faults that are enough. */
async function shorten(seed: number): Promise<void> {
  const whole = await simulate(seed);
  if (whole.problem === undefined) return;
  const left = await shrink(whole.faults.length, async (places) => {
    const faults = someOf(whole.faults, places);
    return (await simulate(seed, { faults })).problem !== undefined;
  });
  const faults = someOf(whole.faults, left);
  const { problem } = await simulate(seed, { faults });
  say(`${faults.length} of ${whole.faults.length} faults are enough: ${wordsOf(problem)}`);
  for (const fault of faults) say(`  ${describeFault(fault)}`);
  say(replayOf(seed, left));
}

function someOf(all: readonly Fault[], places: readonly number[]): readonly Fault[] {
  return places.flatMap((place) => all[place] ?? []);
}

function stackOf(problem: unknown): string {
  return problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
}

if (process.send === undefined) await main();
else serveShare();
