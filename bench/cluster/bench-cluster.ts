/**
 * A cluster of real processes on loopback as a user starts one, pings and memory as they are by
 * default, for as long as a check of the benchmark lasts.
 */

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  ClusterProcesses,
  type WorkerChanges,
} from "../../test/cluster/support/cluster-processes.ts";
import { Command } from "../../test/integration/support/command.ts";

/** How large it is. */
export interface ClusterSize {
  /** 1 unless given. */
  readonly masters?: number;
  /** Each has one slot. */
  readonly workers: number;
}

/** A run that succeeded. */
export interface ClusterRun {
  readonly wallS: number;
  readonly output: string;
  /** From the first task that could start to the last that ended, of all steps. */
  readonly stepsS: number;
  /** Attempts beyond the first of their tasks that the client was told of. */
  readonly retries: number;
}

const USUAL_PINGS = ["--ping-interval", "1s"];
const USUAL_TIMEOUT = "5s";
const USUAL_MEMORY = ["--memory", "256MB"];

/** All that run, so that none is left behind when the benchmark ends before its time. */
const running = new Set<ClusterProcesses>();
process.on("exit", () => {
  for (const { masters, workers } of running) {
    for (const { command } of masters) command.process.kill("SIGKILL");
    for (const worker of workers) worker.process.kill("SIGKILL");
  }
});

/** See the head of this file. `await using` ends it. */
export class BenchCluster {
  readonly processes: ClusterProcesses;
  readonly #folder: string;
  #outputs = 0;

  private constructor(processes: ClusterProcesses, folder: string) {
    this.processes = processes;
    this.#folder = folder;
  }

  /** @param scratch an existing folder for all that it writes. */
  static async start(scratch: string, { masters = 1, workers }: ClusterSize) {
    const path = join(scratch, `cluster-${masters}-${workers}`);
    mkdirSync(path, { recursive: true });
    const folder = { path, at: (name: string) => join(path, name) };
    const processes = await ClusterProcesses.start(folder, 0, {
      ...{ masters, masterFlags: USUAL_PINGS, pingTimeout: USUAL_TIMEOUT },
    });
    running.add(processes);
    const cluster = new BenchCluster(processes, path);
    for (let worker = 0; worker < workers; worker++) await cluster.addWorker();
    return cluster;
  }

  async addWorker({ flags = [], ...changes }: WorkerChanges = {}): Promise<void> {
    await this.processes.addWorker({ ...changes, flags: [...USUAL_MEMORY, ...flags] });
  }

  /** Runs a job to its end as a client of its own. Removes the output unless it is wanted. */
  async run(job: string, input: string, flags: readonly string[] = []): Promise<ClusterRun> {
    const begun = this.begin(job, input, flags);
    return await begun.ended;
  }

  /** Begins one. */
  begin(job: string, input: string, flags: readonly string[] = []) {
    const output = join(this.#folder, `output-${this.#outputs++}`);
    const words = ["run", job, input, "-o", output, "--masters", this.processes.address];
    const { command, ended } = beginRun(this.#folder, [...words, ...flags], output);
    return { command, output, ended };
  }

  /** The most memory that a master has held, in bytes, as its kernel tells. */
  peakBytesOfMaster(): number {
    const status = readFileSync(`/proc/${this.processes.master.process.pid}/status`, "latin1");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.processes[Symbol.asyncDispose]();
    running.delete(this.processes);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Starts `sheaf` with these words of a run, `--json` added, and times it from outside. */
export function beginRun(cwd: string, words: readonly string[], output: string) {
  const startMs = performance.now();
  const command = new Command(cwd, [...words, "--json"]);
  const finish = async (): Promise<ClusterRun> => {
    const { code, stdout, stderr } = await command.ended();
    const wallS = (performance.now() - startMs) / 1000;
    if (code !== 0) throw new Error(`sheaf ${words.join(" ")} ended with ${code}: ${stderr}`);
    return { wallS, output, ...factsOf(stdout) };
  };
  return { command, ended: finish() };
}

interface Event {
  readonly type: string;
  readonly elapsedMs?: number;
  readonly map?: { readonly retries: number };
  readonly reduce?: { readonly retries: number };
}

function factsOf(stdout: string): Pick<ClusterRun, "stepsS" | "retries"> {
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Event);
  const steps = events.filter(({ type }) => type === "step-ended");
  const stepsS = steps.reduce((sum, { elapsedMs = 0 }) => sum + elapsedMs, 0) / 1000;
  const last = events.findLast(({ type }) => type === "progress");
  return { stepsS, retries: (last?.map?.retries ?? 0) + (last?.reduce?.retries ?? 0) };
}
