/**
 * The benchmark: `npm run bench`. Makes the data, runs every suite's contenders in turn, and writes
 * the report after each suite, so that an interrupted run leaves what it has measured.
 */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DataFolder } from "./data/data-folder.ts";
import { isRunning, killRunning } from "./measure/run-process.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { Roster } from "./peers/roster.ts";
import { makeToolbox } from "./peers/toolbox.ts";
import { judge } from "./report/judge.ts";
import { thisMachine } from "./report/machine.ts";
import { reportMarkdown } from "./report/markdown.ts";
import { runSuite, type SuiteResult } from "./run-suite.ts";
import { CASES } from "./suites/cases.ts";

const ROOT = path.dirname(path.dirname(path.resolve(process.argv[1]!)));
const DATA_ROOT = path.join(ROOT, "bench", ".data");
/** Each benchmark has its own, so that two of them at once are slow and not wrong. */
const SCRATCH = path.join(DATA_ROOT, `scratch-${process.pid}`);
/** A run that takes longer than this for each gigabyte, and as long again, has hung. */
const TIMEOUT_MS_PER_GB = 1_200_000;
const TIMEOUT_MS_MIN = 120_000;

function say(line: string): void {
  console.log(line);
}

async function bench(options: Options): Promise<boolean> {
  const { sizeBytes, rounds, slots, emptyTasks, spinMs, leaderDeaths } = options;
  const roster = new Roster(options.peers);
  const tools = makeToolbox({ root: ROOT, dataRoot: DATA_ROOT, slots, say });
  const data = new DataFolder(path.join(DATA_ROOT, "inputs"), say);
  const facts = { machine: thisMachine(), startedAt: new Date(), sizeBytes, rounds, slots };
  const timeoutMs = TIMEOUT_MS_MIN + (sizeBytes / 1e9) * TIMEOUT_MS_PER_GB;
  const usualOut = options.isFull ? "bench/RESULTS.md" : "bench/.data/results.md";
  const out = path.resolve(ROOT, options.out ?? usualOut);

  const results: SuiteResult[] = [];
  for (const maker of options.cases.flatMap((name) => CASES[name]!)) {
    const suite = maker.make({
      ...{ sizeBytes, slots, rounds, emptyTasks, spinMs, leaderDeaths, data, tools },
    });
    say(`\n${suite.title}: ${suite.input}`);
    const result = await runSuite(suite, { roster, rounds, scratch: SCRATCH, timeoutMs, say });
    results.push(result);
    for (const row of judge(result)) {
      say(
        `  => ${row.name} / ${row.peer}: ${row.figure} (goal ${row.goal}, met: ${row.met}; CPU ${row.cpuRatio})`,
      );
    }
    mkdirSync(path.dirname(out), { recursive: true });
    writeFileSync(out, reportMarkdown(results, { ...facts, tools: roster.all }));
  }
  say(`\nWritten: ${path.relative(ROOT, out)}`);
  if (!options.keepData) rmSync(data.root, { recursive: true });
  return results
    .flatMap(({ contenders, checks }) => [...contenders, ...checks])
    .every(({ failed }) => failed === undefined);
}

/** Removes what benchmarks that were killed have left. */
function removeStaleScratch(): void {
  mkdirSync(DATA_ROOT, { recursive: true });
  for (const name of readdirSync(DATA_ROOT)) {
    const pid = /^scratch-(\d+)$/.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    rmSync(path.join(DATA_ROOT, name), { recursive: true, force: true });
  }
}

function interrupt(): never {
  killRunning();
  rmSync(SCRATCH, { recursive: true, force: true });
  process.exit(130);
}

function readOptionsOrExit(args: readonly string[]): Options {
  try {
    return readOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

process.once("SIGINT", interrupt);
process.once("SIGTERM", interrupt);
const args = process.argv.slice(2);
if (args.includes("--help")) {
  say(USAGE);
} else {
  const options = readOptionsOrExit(args);
  removeStaleScratch();
  // A missed goal is a figure in the report; only a contender that failed fails the benchmark.
  if (!(await bench(options))) process.exitCode = 1;
}
