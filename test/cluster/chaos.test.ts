/**
 * Jobs whose workers and masters are killed, stopped and started again at moments that a seed chooses:
 * whatever dies, the output is that of the sequential executor. Odd seeds have one master, even ones
 * three; each seed runs a slow job and one of the examples at the same time. `SHEAF_CHAOS_SEEDS` says
 * how many seeds, `SHEAF_CHAOS_FIRST_SEED` where they begin.
 */

import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/raft/seeded-random.ts";
import type { Command } from "../integration/support/command.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import {
  CLUSTER_EXAMPLES,
  exampleFlags,
  exampleInput,
  exampleJob,
  exampleParts,
} from "./support/cluster-examples.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses, kill, type MasterProcess } from "./support/cluster-processes.ts";

const SEEDS = Number(process.env.SHEAF_CHAOS_SEEDS ?? 3);
const FIRST_SEED = Number(process.env.SHEAF_CHAOS_FIRST_SEED ?? 1);
/** Beyond it, the jobs are left in peace, so that they end. */
const FAULTS_MAX = 8;
const WORKERS = 3;
const PAUSE_MS_MAX = 700;
const STOP_MS_MAX = 2500;

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

/** What strikes one cluster. */
class Faults {
  readonly told: string[] = [];
  readonly #cluster: ClusterProcesses;
  readonly #below: (most: number) => number;
  readonly #over: AbortSignal;

  constructor(cluster: ClusterProcesses, seed: number, over: AbortSignal) {
    const random = seededRandom(seed);
    this.#cluster = cluster;
    this.#below = (most) => Math.floor(random() * most);
    this.#over = over;
  }

  async strike(): Promise<void> {
    await this.#pause(this.#below(PAUSE_MS_MAX));
    if (this.#below(3) === 0) await this.#strikeMaster();
    else await this.#strikeWorker();
  }

  async #strikeWorker(): Promise<void> {
    const living = this.#cluster.workers.filter((worker) => !worker.hasEnded);
    const victim = this.#pick(living);
    const kind = this.#pick(["kill", "stop", "end"]);
    this.told.push(`${kind} worker ${victim.process.pid}`);
    if (kind === "stop") return await this.#stop(victim);
    victim.process.kill(kind === "kill" ? "SIGKILL" : "SIGTERM");
    await victim.ended();
    await this.#cluster.addWorker();
  }

  async #strikeMaster(): Promise<void> {
    const kind = this.#pick(["kill", "stop", "end", "all"]);
    const victims = kind === "all" ? this.#cluster.masters : [this.#pick(this.#cluster.masters)];
    this.told.push(`${kind} ${victims.map(({ id }) => `master ${id}`).join(", ")}`);
    if (kind === "stop") return await this.#stop(victims[0]!.command);
    await Promise.all(victims.map(({ command }) => end(command, kind)));
    await this.#pause(this.#below(PAUSE_MS_MAX));
    await Promise.all(victims.map((victim: MasterProcess) => this.#cluster.restart(victim)));
  }

  async #stop({ process }: Command): Promise<void> {
    process.kill("SIGSTOP");
    await this.#pause(this.#below(STOP_MS_MAX));
    process.kill("SIGCONT");
  }

  #pause(ms: number): Promise<void> {
    return wait(ms, undefined, { signal: this.#over }).catch(() => {});
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!;
  }
}

async function end(command: Command, kind: string): Promise<void> {
  if (kind !== "end") return await kill(command);
  command.process.kill("SIGTERM");
  await command.ended();
}

const seeds = Array.from({ length: SEEDS }, (_, i) => FIRST_SEED + i);

test.each(seeds)(
  "seed %d",
  async (seed) => {
    using folder = new ClusterFolder({ "slow.ts": SLOW });
    const example = CLUSTER_EXAMPLES[seed % CLUSTER_EXAMPLES.length]!;
    const masters = seed % 2 === 1 ? 1 : 3;
    await using cluster = await ClusterProcesses.start(folder, WORKERS, { masters });
    const over = new AbortController();
    const slow = cluster.begin("slow.ts", "--quiet", "--split-size", "1KB");
    const other = cluster.beginOn(
      exampleInput(example, folder),
      exampleJob(example),
      ...["--quiet", ...exampleFlags(example)],
    );
    const outputs = Promise.all([cluster.output(slow), cluster.output(other)]).finally(() => {
      over.abort();
    });
    outputs.catch(() => {});
    const faults = new Faults(cluster, seed, over.signal);
    for (let i = 0; i < FAULTS_MAX && !over.signal.aborted; i++) await faults.strike();
    const [ofSlow, ofExample] = await outputs;
    expect(ofSlow.parts, faults.told.join("; ")).toEqual(await folder.expected());
    expect(ofExample.parts, faults.told.join("; ")).toEqual(await exampleParts(example, folder));
  },
  120_000,
);
