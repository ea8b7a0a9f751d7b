/**
 * Machines instead of processes: eight workers in containers against two of them, on the same cores. What
 * eight cost beyond two is what each machine costs: its connections, its share of every shuffle.
 */

import { copyFileSync } from "node:fs";
import path from "node:path";
import { ComposeCluster } from "../../test/docker/support/compose-cluster.ts";
import { findEngine } from "../../test/docker/support/engine.ts";
import { bytesInOrder } from "../measure/answers.ts";
import { median, secondsText, sizeText } from "../report/figures.ts";
import type { CheckFinding, Setting, Suite, SuiteMaker } from "../suite.ts";
import { CLUSTER_SECTION } from "./cluster-section.ts";

const MANY = 8;
const FEW = 2;
const RATIO_MAX = 1.15;

export const containers: SuiteMaker = {
  id: "containers",
  make({ sizeBytes, rounds, data, tools }: Setting): Suite {
    const words = data.words(sizeBytes);
    const size = sizeText(sizeBytes);
    return {
      title: "A cluster of containers",
      section: CLUSTER_SECTION,
      input: `${size} of text`,
      inputPaths: [words],
      contenders: [],
      answer: bytesInOrder,
      goals: [],
      checks: [
        {
          name: `${MANY} workers in containers against ${FEW}, word count of ${size}`,
          goal: `≤ ${RATIO_MAX}`,
          tool: tools.sheaf,
          run: () => compare(words, rounds),
        },
      ],
    };
  },
};

/** In turn: all of them, and two while the others are off. */
async function compare(words: string, rounds: number): Promise<CheckFinding> {
  const engine = findEngine();
  if (!engine.runs) return { found: engine.reason, met: undefined };
  await using cluster = await ComposeCluster.start(engine, MANY);
  copyFileSync(words, path.join(cluster.data, "words.txt"));
  const all: number[] = [];
  const some: number[] = [];
  for (let round = 0; round < rounds; round++) {
    all.push(await stepsSeconds(cluster, `all-${round}`));
    const mend = await switchOff(cluster, cluster.workers.slice(FEW));
    some.push(await stepsSeconds(cluster, `some-${round}`));
    await mend();
  }
  const ratio = median(all.map((seconds, round) => seconds / some[round]!));
  const times = `${secondsText(median(all))} of ${secondsText(median(some))}`;
  return { found: `${ratio.toFixed(2)} (${times})`, met: ratio <= RATIO_MAX };
}

/** How long the steps of a job took; to start a container for its client is not the job's. */
async function stepsSeconds(cluster: ComposeCluster, output: string): Promise<number> {
  await using run = cluster.begin(
    "examples/word-count.ts",
    "/data/words.txt",
    "-o",
    `/data/${output}`,
  );
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
