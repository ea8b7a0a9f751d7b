/**
 * Jobs whose workers and masters are killed, stopped and started again, and whose links to each other
 * are cut, at moments that a seed chooses: whatever goes wrong, the output is that of the sequential
 * executor. Odd seeds have one master, even ones three; for as long as a seed strikes, a slow job runs
 * again and again, and at the same time one example after the other. `SHEAF_CHAOS_SEEDS` says how many
 * seeds, `SHEAF_CHAOS_FIRST_SEED` where they begin.
 */

import { expect, onTestFailed, test } from "vitest";
import { jobFile } from "../integration/support/run-folder.ts";
import { ChaosFaults } from "./support/chaos-faults.ts";
import { chaosSchedule, describeStrike } from "./support/chaos-schedule.ts";
import {
  CLUSTER_EXAMPLES,
  type ClusterExample,
  exampleFlags,
  exampleInput,
  exampleJob,
  exampleParts,
} from "./support/cluster-examples.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { type ClusterOutput, ClusterProcesses } from "./support/cluster-processes.ts";
import { TELLS_OWNERS } from "./support/connection-owner.ts";

const SEEDS = Number(process.env.SHEAF_CHAOS_SEEDS ?? 3);
const FIRST_SEED = Number(process.env.SHEAF_CHAOS_FIRST_SEED ?? 1);
const WORKERS = 3;
/** The longest cut, and an election after it, are no reason for a client to give up. */
const FLAGS = ["--quiet", "--wait", "60s"];

/** Counts words, and takes its time: so long for each line, in map and in reduce. */
const SLOW = jobFile({
  before: `const cell = new Int32Array(new SharedArrayBuffer(4));
const rest = () => Atomics.wait(cell, 0, 0, 4);`,
  definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    rest();
    for (const word of line.match(/\\p{L}+/gu) ?? []) emit(word, 1);
  },
  reduce(_word, counts, emit) {
    rest();
    let sum = 0;
    for (const count of counts) sum += count;
    emit(sum);
  },`,
});

/** The examples that follow each other under a seed: of two seeds, one with each number of masters. */
function exampleOf(seed: number, number: number): ClusterExample {
  return CLUSTER_EXAMPLES[(Math.floor(seed / 2) + number) % CLUSTER_EXAMPLES.length]!;
}

/** Once, and again and again until it is over. */
async function untilOver(over: AbortSignal, run: (number: number) => Promise<void>): Promise<void> {
  for (let i = 0; i === 0 || !over.aborted; i++) await run(i);
}

const seeds = Array.from({ length: SEEDS }, (_, i) => FIRST_SEED + i);

test.each(seeds)(
  "seed %d",
  async (seed) => {
    using folder = new ClusterFolder({ "slow.ts": SLOW });
    const nodes = { masters: seed % 2 === 1 ? 1 : 3, workers: WORKERS };
    await using cluster = await ClusterProcesses.start(folder, WORKERS, {
      masters: nodes.masters,
      hasNetwork: TELLS_OWNERS,
    });
    const strikes = chaosSchedule(seed, nodes);
    onTestFailed(() => console.error([...strikes.map(describeStrike), cluster.said()].join("\n")));
    /** Nothing strikes any more, or something has failed. */
    const over = new AbortController();
    const slow: ClusterOutput[] = [];
    const others: (readonly [ClusterExample, ClusterOutput])[] = [];
    const runs = [
      new ChaosFaults(cluster, over.signal).run(strikes),
      untilOver(over.signal, async () => {
        slow.push(await cluster.output(cluster.begin("slow.ts", ...FLAGS, "--split-size", "1KB")));
      }),
      untilOver(over.signal, async (i) => {
        const example = exampleOf(seed, i);
        const [input, job] = [exampleInput(example, folder), exampleJob(example)];
        const begun = cluster.beginOn(input, job, ...FLAGS, ...exampleFlags(example));
        others.push([example, await cluster.output(begun)]);
      }),
    ];
    await Promise.all(runs.map((run) => run.finally(() => over.abort())));
    const expected = await folder.expected();
    for (const { parts } of slow) expect(parts).toEqual(expected);
    for (const [example, { parts }] of others) {
      expect(parts, example.name).toEqual(await exampleParts(example, folder));
    }
  },
  120_000,
);
