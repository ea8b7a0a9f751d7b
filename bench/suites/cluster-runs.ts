/**
 * Whole jobs on a cluster of one master and workers of one slot, all processes of this machine,
 * against `sheaf run --slots` of as many; and one of which a worker is killed.
 */

import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BenchCluster, beginRun, type ClusterRun } from "../cluster/bench-cluster.ts";
import { bytesInOrder } from "../measure/answers.ts";
import { partFiles, type Sheaf } from "../peers/sheaf.ts";
import { median, secondsText, sizeText } from "../report/figures.ts";
import type { Check, CheckFinding, Setting, Suite, SuiteMaker } from "../suite.ts";
import { CLUSTER_SECTION, jobFile } from "./cluster-section.ts";

const WORD_COUNT_MAX = 1.15;
const SORT_MAX = 1.6;
const KILL_MAX = 1.1;
const WORKERS_WITH_ONE_KILLED = 8;

export const clusterRuns: SuiteMaker = {
  id: "cluster-runs",
  make({ sizeBytes, slots, rounds, data, tools }: Setting): Suite {
    const words = data.words(sizeBytes);
    const records = data.records(sizeBytes);
    const { sheaf } = tools;
    const size = sizeText(sizeBytes);
    const against = (job: string, name: string, input: string, atMost: number): Check => ({
      name: `${name} of ${size}: a master and ${slots} workers against run --slots ${slots}`,
      goal: `≤ ${atMost}`,
      tool: sheaf,
      run: (scratch) => compare({ sheaf, job, input, slots, rounds, atMost, scratch }),
    });
    return {
      title: "Jobs on a cluster",
      section: CLUSTER_SECTION,
      input: `${size} of text and of records`,
      inputPaths: [words, records],
      contenders: [],
      answer: bytesInOrder,
      goals: [],
      checks: [
        against("word-count", "word count", words, WORD_COUNT_MAX),
        against("sort-records", "sort", records, SORT_MAX),
        {
          name: `1 of ${WORKERS_WITH_ONE_KILLED} workers killed in mid-job, word count of ${size}`,
          goal: `≤ ${KILL_MAX} times, beyond what it held`,
          tool: sheaf,
          run: (scratch) => killOne(jobFile(sheaf, "word-count"), words, rounds, scratch),
        },
      ],
    };
  },
};

interface Comparison {
  readonly sheaf: Sheaf;
  readonly job: string;
  readonly input: string;
  readonly slots: number;
  readonly rounds: number;
  readonly atMost: number;
  readonly scratch: string;
}

/** Both in turn, of the same parts; the median of the ratios of the rounds. */
async function compare(what: Comparison): Promise<CheckFinding> {
  const { sheaf, input, slots, rounds, atMost, scratch } = what;
  const job = jobFile(sheaf, what.job);
  await using cluster = await BenchCluster.start(scratch, { workers: slots });
  const ours: number[] = [];
  const alone: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const output = path.join(scratch, `alone-${round}`);
    const words = ["run", job, input, "-o", output, "--slots", String(slots)];
    const local = await beginRun(scratch, words, output).ended;
    const clustered = await cluster.run(job, input);
    if (round === 0) await expectSame(local, clustered);
    alone.push(local.wallS);
    ours.push(clustered.wallS);
  }
  const ratio = median(ours.map((wallS, round) => wallS / alone[round]!));
  const times = `${secondsText(median(ours))} of ${secondsText(median(alone))}`;
  return { found: `${ratio.toFixed(2)} (${times})`, met: ratio <= atMost };
}

async function expectSame(one: ClusterRun, other: ClusterRun): Promise<void> {
  const digests = await Promise.all(
    [one, other].map(({ output }) => bytesInOrder(partFiles({ output, scratch: "" }))),
  );
  if (digests[0] !== digests[1]) throw new Error("The cluster's output is another one.");
}

/** A run undisturbed and one with a worker killed at its half, in turn. */
async function killOne(
  job: string,
  input: string,
  rounds: number,
  scratch: string,
): Promise<CheckFinding> {
  await using cluster = await BenchCluster.start(scratch, { workers: WORKERS_WITH_ONE_KILLED });
  const flags = ["--split-size", "4MB", "-R", "8"];
  await cluster.run(job, input, flags);
  const ratios: number[] = [];
  const retries: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const calm = await cluster.run(job, input, flags);
    const begun = cluster.begin(job, input, flags);
    await sleep((calm.wallS * 1000) / 2);
    cluster.processes.workers[round]!.process.kill("SIGKILL");
    const hurt = await begun.ended;
    await cluster.addWorker();
    ratios.push(hurt.wallS / calm.wallS);
    retries.push(hurt.retries);
  }
  const ratio = median(ratios);
  // Half of the time it has had an eighth of the work, or less.
  const held = 1 / (2 * WORKERS_WITH_ONE_KILLED);
  const found = `${ratio.toFixed(2)} times (held ${held.toFixed(2)}; ${median(retries)} tasks again)`;
  return { found, met: ratio <= KILL_MAX + held };
}
