/**
 * Runs a suite: its contenders in turn, A B C A B C, so that whatever the machine does meanwhile
 * falls on all of them alike. After the first round the answers are compared; a contender that fails
 * or answers differently says so in its result and is judged no further.
 */

import { createReadStream, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { CommandError, type Measurement, runProcess } from "./measure/run-process.ts";
import type { Roster } from "./peers/roster.ts";
import { figures } from "./report/figures.ts";
import type { Contender, RunFolder, Suite } from "./suite.ts";

/** What the runs need. */
export interface SuiteOptions {
  readonly roster: Roster;
  readonly rounds: number;
  /** A folder for outputs and temporary files. */
  readonly scratch: string;
  readonly timeoutMs: number;
  readonly say: (line: string) => void;
}

/** What became of a suite. */
export interface SuiteResult {
  readonly suite: Suite;
  readonly contenders: readonly ContenderResult[];
  readonly checks: readonly CheckResult[];
}

/** What became of a contender: measurements, one a round, or the reason why there are none. */
export interface ContenderResult {
  readonly id: string;
  readonly label: string;
  readonly measurements: Measurement[];
  /** Its tool is not here. */
  absent?: string;
  /** In a few words: it ended badly, or its answer is not the others'. */
  failed?: string;
}

/** What a check has found; `met` is undefined where it could not be made. */
export interface CheckResult {
  readonly name: string;
  readonly goal?: string;
  readonly found: string;
  readonly met: boolean | undefined;
  /** It could not run. */
  readonly failed?: true;
}

/** See the head of this file. */
export async function runSuite(suite: Suite, options: SuiteOptions): Promise<SuiteResult> {
  const results = suite.contenders.map((contender) => enter(contender, options.roster));
  for (const input of suite.inputPaths) await warm(input);
  const rounds = Math.min(options.rounds, suite.roundsMax ?? options.rounds);
  const answers = new Map<ContenderResult, string>();
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of suite.contenders.entries()) {
      const result = results[index]!;
      if (result.absent !== undefined || result.failed !== undefined) continue;
      try {
        const folder = emptyRunFolder(options.scratch);
        const measurement = await runOnce(contender, folder, options);
        result.measurements.push(measurement);
        options.say(`  ${round + 1}/${rounds}  ${contender.label}: ${figures(measurement)}`);
        if (round === 0) answers.set(result, await suite.answer(contender.output(folder)));
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        result.failed = error instanceof CommandError ? error.ending : words;
        options.say(`  ${contender.label} FAILED: ${words}`);
      }
      rmSync(options.scratch, { recursive: true, force: true });
    }
    if (round === 0) compareAnswers(suite, results, answers, options);
  }
  return { suite, contenders: results, checks: await runChecks(suite, options) };
}

function enter(contender: Contender, roster: Roster): ContenderResult {
  const found = roster.look(contender.tool);
  const { id, label } = contender;
  return "absent" in found
    ? { id, label, measurements: [], absent: found.absent }
    : { id, label, measurements: [] };
}

function emptyRunFolder(root: string): RunFolder {
  rmSync(root, { recursive: true, force: true });
  const scratch = path.join(root, "scratch");
  mkdirSync(scratch, { recursive: true });
  return { scratch, output: path.join(root, "output") };
}

function runOnce(
  contender: Contender,
  folder: RunFolder,
  options: SuiteOptions,
): Promise<Measurement> {
  const stderrFile = path.join(options.scratch, "stderr.txt");
  return runProcess(contender.command(folder), { stderrFile, timeoutMs: options.timeoutMs });
}

/** A peer that is present is the oracle; where there is none, the last of ours is. */
function compareAnswers(
  suite: Suite,
  results: readonly ContenderResult[],
  answers: ReadonlyMap<ContenderResult, string>,
  { say }: SuiteOptions,
): void {
  const answered = results.filter((result) => answers.has(result));
  const isOurs = (result: ContenderResult) =>
    suite.contenders.find(({ id }) => id === result.id)?.tool.name === "sheaf";
  const oracle = answered.find((result) => !isOurs(result)) ?? answered.at(-1);
  if (oracle === undefined) return;
  const right = answers.get(oracle)!;
  for (const result of answered) {
    const answer = answers.get(result)!;
    if (answer === right) continue;
    result.failed = `its answer (${answer}) is not that of ${oracle.label} (${right})`;
    say(`  ${result.label} FAILED: ${result.failed}`);
  }
  const agreed = answered.filter((result) => result.failed === undefined);
  if (agreed.length > 1) say(`  the same answer from ${agreed.length} contenders: ${right}`);
}

async function runChecks(suite: Suite, options: SuiteOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of suite.checks ?? []) {
    const { name, goal = "holds" } = check;
    const found = options.roster.look(check.tool);
    if ("absent" in found) {
      results.push({ name, goal, found: found.absent, met: undefined });
      continue;
    }
    const { scratch } = emptyRunFolder(options.scratch);
    const result = await check.run(scratch).catch((thrown: unknown) => {
      options.say(`  ${name} FAILED: ${thrown instanceof Error ? thrown.stack : thrown}`);
      return { found: "could not run", met: false, failed: true as const };
    });
    rmSync(options.scratch, { recursive: true, force: true });
    options.say(`  ${name}: ${result.found}`);
    results.push({ name, goal, ...result });
  }
  return results;
}

/** Reads a file, or the files of a folder, into the system's cache. */
async function warm(input: string): Promise<void> {
  if (statSync(input).isDirectory()) {
    for (const name of readdirSync(input)) await warm(path.join(input, name));
    return;
  }
  for await (const _block of createReadStream(input, { highWaterMark: 4 * 1024 * 1024 })) {
    // Only the reading counts.
  }
}
