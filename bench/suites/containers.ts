/**
 * Machines instead of processes: eight workers in containers against two of them, on the same cores. What
 * eight cost beyond two is what each machine costs: its connections, its share of every shuffle, and what
 * its thread has to learn of the job's code. The last is paid the first time that the code runs there, and
 * not again while its thread is kept: both are measured.
 */

import { copyFileSync } from "node:fs";
import path from "node:path";
import { ComposeCluster } from "../../test/docker/support/compose-cluster.ts";
import { findEngine } from "../../test/docker/support/engine.ts";
import { bytesInOrder } from "../measure/answers.ts";
import { median, secondsText, sizeText } from "../report/figures.ts";
import type { Check, CheckFinding, Setting, Suite, SuiteMaker } from "../suite.ts";
import { CLUSTER_SECTION } from "./cluster-section.ts";

const MANY = 8;
const FEW = 2;
const RATIO_MAX = 1.15;
/** From then on a run of the same code is no faster than the one before. */
const RUNS_TO_KNOW = 3;

export const containers: SuiteMaker = {
  id: "containers",
  make({ sizeBytes, rounds, data, tools }: Setting): Suite {
    const words = data.words(sizeBytes);
    const size = sizeText(sizeBytes);
    let compared: Promise<Comparison | string> | undefined;
    const check = (when: keyof Comparison, how: string): Check => ({
      name: `${MANY} workers in containers against ${FEW}, word count of ${size}, ${how}`,
      goal: `≤ ${RATIO_MAX}`,
      tool: tools.sheaf,
      run: async () => {
        compared ??= compare(words, rounds);
        const comparison = await compared;
        if (typeof comparison === "string") return { found: comparison, met: undefined };
        return finding(comparison[when]);
      },
    });
    return {
      title: "A cluster of containers",
      section: CLUSTER_SECTION,
      input: `${size} of text`,
      inputPaths: [words],
      contenders: [],
      answer: bytesInOrder,
      goals: [],
      checks: [check("fresh", "code new to them"), check("known", "code they have run before")],
    };
  },
};

/** Seconds of the rounds. */
interface Times {
  readonly many: number[];
  readonly few: number[];
}

/** Of code that no worker has run before, and of the same code after that. */
type Comparison = Readonly<Record<"fresh" | "known", Times>>;

/** In turn: all of them, and two while the others are off. Without an engine, says why. */
async function compare(words: string, rounds: number): Promise<Comparison | string> {
  const engine = findEngine();
  if (!engine.runs) return engine.reason;
  await using cluster = await ComposeCluster.start(engine, MANY);
  copyFileSync(words, path.join(cluster.data, "words.txt"));
  const fresh: Times = { many: [], few: [] };
  const known: Times = { many: [], few: [] };
  const measure = async (of: keyof Times, round: number): Promise<void> => {
    const runs: number[] = [];
    for (let run = 0; run < RUNS_TO_KNOW; run++) {
      runs.push(await stepsSeconds(cluster, `${of}-${round}`, run));
    }
    fresh[of].push(runs[0]!);
    known[of].push(runs.at(-1)!);
  };
  for (let round = 0; round < rounds; round++) {
    await measure("many", round);
    const mend = await switchOff(cluster, cluster.workers.slice(FEW));
    await measure("few", round);
    await mend();
  }
  return { fresh, known };
}

function finding({ many, few }: Times): CheckFinding {
  const ratio = median(many.map((seconds, round) => seconds / few[round]!));
  const times = `${secondsText(median(many))} of ${secondsText(median(few))}`;
  return { found: `${ratio.toFixed(2)} (${times})`, met: ratio <= RATIO_MAX };
}

/**
 * How long the steps of a job took; to start a container for its client is not the job's.
 * @param code one that sees another environment is other code to the workers.
 */
async function stepsSeconds(cluster: ComposeCluster, code: string, index: number): Promise<number> {
  const output = `/data/${code}-${index}`;
  const words = ["examples/word-count.ts", "/data/words.txt", "-o", output];
  await using run = cluster.begin(...words, "--env", `BENCH_CODE=${code}`);
  await run.succeeds();
  const ended = run.lines
    .filter((line) => line.startsWith('{"type":"step-ended"'))
    .map((line) => JSON.parse(line) as { readonly elapsedMs: number });
  return ended.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / 1000;
}

/** Resolves when the leader has given them up; what it gives brings them back. */
async function switchOff(cluster: ComposeCluster, workers: readonly string[]) {
  const from = cluster.said.length;
  const mends = await Promise.all(workers.map((worker) => cluster.kill(worker)));
  await Promise.all(workers.map((worker) => cluster.isGivenUp(worker, from)));
  return async (): Promise<void> => {
    const mended = cluster.said.length;
    await Promise.all(mends.map((mend) => mend()));
    await Promise.all(workers.map((worker) => cluster.isBack(worker, mended)));
  };
}
