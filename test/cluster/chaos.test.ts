/**
 * Jobs whose workers are killed, stopped and replaced at moments that a seed chooses: whatever dies,
 * the output is that of the sequential executor. `SHEAF_CHAOS_SEEDS` says how many seeds,
 * `SHEAF_CHAOS_FIRST_SEED` where they begin.
 */

import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/raft/seeded-random.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses } from "./support/cluster-processes.ts";

const SEEDS = Number(process.env.SHEAF_CHAOS_SEEDS ?? 3);
const FIRST_SEED = Number(process.env.SHEAF_CHAOS_FIRST_SEED ?? 1);
/** Beyond it, the job is left in peace, so that it ends. */
const FAULTS_MAX = 6;
const WORKERS = 3;

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

const seeds = Array.from({ length: SEEDS }, (_, i) => FIRST_SEED + i);

test.each(seeds)("seed %d", async (seed) => {
  const random = seededRandom(seed);
  const below = (most: number) => Math.floor(random() * most);
  using folder = new ClusterFolder({ "slow.ts": SLOW });
  await using cluster = await ClusterProcesses.start(folder, WORKERS);
  const begun = cluster.begin("slow.ts", "--quiet", "--split-size", "1KB");
  const over = new AbortController();
  const output = cluster.output(begun).finally(() => over.abort());
  const told: string[] = [];
  const pause = (ms: number) => wait(ms, undefined, { signal: over.signal }).catch(() => {});
  for (let faults = 0; faults < FAULTS_MAX && !over.signal.aborted; faults++) {
    await pause(below(700));
    const living = cluster.workers.filter(({ process: { exitCode, signalCode } }) => {
      return exitCode === null && signalCode === null;
    });
    const victim = living[below(living.length)]!;
    const kind = ["kill", "stop", "end"][below(3)]!;
    told.push(`${kind} ${victim.process.pid}`);
    if (kind === "stop") {
      victim.process.kill("SIGSTOP");
      await pause(below(2000));
      victim.process.kill("SIGCONT");
      continue;
    }
    victim.process.kill(kind === "kill" ? "SIGKILL" : "SIGTERM");
    await victim.ended();
    await cluster.addWorker();
  }
  const { parts } = await output;
  expect(parts, told.join(", ")).toEqual(await folder.expected());
});
