/**
 * A cluster of real processes on loopback: a master and workers, in the folder of a test, with pings
 * so close that the dead are missed soon. `await using` ends it.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, type Ended } from "../../integration/support/command.ts";
import type { RunFolder } from "../../integration/support/run-folder.ts";

const PINGS = ["--ping-interval", "100ms", "--ping-timeout", "1s"];

/** What a job that succeeded on a cluster left. */
export interface ClusterOutput {
  readonly ended: Ended;
  /** The bytes of each part, in latin1 so that a difference is readable. */
  readonly parts: readonly string[];
}

/** What differs from the usual. */
export interface ClusterOptions {
  /** Of masters and workers. */
  readonly flags?: readonly string[];
}

/** See the head of this file. */
export class ClusterProcesses {
  readonly folder: RunFolder;
  readonly master: Command;
  readonly address: string;
  readonly workers: Command[] = [];
  readonly #options: ClusterOptions;
  #outputs = 0;

  private constructor(
    folder: RunFolder,
    master: Command,
    address: string,
    options: ClusterOptions,
  ) {
    this.#options = options;
    this.folder = folder;
    this.master = master;
    this.address = address;
  }

  static async start(
    folder: RunFolder,
    workers: number,
    options: ClusterOptions = {},
  ): Promise<ClusterProcesses> {
    const words = [
      ...["master", "--data", folder.at("master"), "--listen", "127.0.0.1:0", ...PINGS],
      ...(options.flags ?? []),
    ];
    const master = new Command(folder.path, words);
    await master.shows("listens on");
    const address = /listens on (\S+:\d+)/.exec(master.stderr)![1]!;
    const cluster = new ClusterProcesses(folder, master, address, options);
    await Promise.all(Array.from({ length: workers }, () => cluster.addWorker()));
    return cluster;
  }

  async addWorker(): Promise<Command> {
    const name = `w${this.workers.length + 1}`;
    const worker = new Command(this.folder.path, [
      ...["worker", "--masters", this.address, "--name", name, "--slots", "1"],
      ...["--memory", "16MB", "--work-dir", this.folder.at(`disk-${name}`)],
      ...(this.#options.flags ?? []),
    ]);
    this.workers.push(worker);
    await worker.shows("Registered with the leader");
    return worker;
  }

  /** Begins a job on `in`; `output` is where its parts will be. */
  begin(job: string, ...flags: readonly string[]): { command: Command; output: string } {
    const output = this.folder.at(`cluster-out-${this.#outputs++}`);
    const command = new Command(this.folder.path, [
      ...["run", job, this.folder.at("in"), "-o", output, "--masters", this.address],
      ...["-R", "2", "--split-size", "4KB", ...flags],
    ]);
    return { command, output };
  }

  /** Waits for a job that must succeed. */
  async output({ command, output }: ReturnType<ClusterProcesses["begin"]>): Promise<ClusterOutput> {
    const ended = await command.ended();
    if (ended.code !== 0) throw new Error(`It ended with ${ended.code}: ${ended.stderr}`);
    const names = readdirSync(output).filter((name) => name.startsWith("part-"));
    const parts = names.sort().map((name) => readFileSync(join(output, name), "latin1"));
    return { ended, parts };
  }

  /** What a job that did not succeed must not leave. */
  left(output: string): string[] {
    const beside = readdirSync(this.folder.path).filter((name) => name.startsWith("."));
    return [...(existsSync(output) ? [output] : []), ...beside];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const command of [...this.workers, this.master]) command.process.kill("SIGKILL");
    await Promise.all([...this.workers, this.master].map((command) => command.ended()));
  }
}
