/**
 * A cluster of real processes on loopback: masters and workers, in the folder of a test, with pings
 * so close that the dead are missed soon. `await using` ends it.
 */

import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { parseAddress } from "../../../src/rpc/security/address.ts";
import { Command, type Ended } from "../../integration/support/command.ts";
import type { RunFolder } from "../../integration/support/run-folder.ts";
import { ClusterNetwork } from "./cluster-network.ts";

const PINGS = ["--ping-interval", "100ms"];
const PING_TIMEOUT = "1s";
/** More than an election takes on two loaded cores. */
const ELECTION_MS = 30_000;
const LOOK_MS = 20;
/** Linux gives ports away from 32768 on. */
const [PORT_MIN, PORT_END] = [10_000, 32_768];

/** What a job that succeeded on a cluster left. */
export interface ClusterOutput {
  readonly ended: Ended;
  /** The bytes of each part, in latin1 so that a difference is readable. */
  readonly parts: readonly string[];
}

/** A job's client, and where the job's parts will be. */
export interface BegunJob {
  readonly command: Command;
  readonly output: string;
}

/** What differs from the usual. */
export interface ClusterOptions {
  /** 1 unless given. */
  readonly masters?: number;
  /** Of masters and workers. */
  readonly flags?: readonly string[];
  /** Of masters alone. */
  readonly masterFlags?: readonly string[];
  /** Nodes call each other over a network whose links a test may cut. */
  readonly hasNetwork?: boolean;
  /** After how long a silent worker is given up. */
  readonly pingTimeout?: string;
  /** Of masters, workers and clients, instead of this process's own. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** What differs from the usual worker. */
export interface WorkerChanges {
  readonly flags?: readonly string[];
  /** Where it finds the master, if not where that listens. */
  readonly masters?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** A master, in one life of it after the other. */
export interface MasterProcess {
  readonly id: number;
  /** Where it is called... */
  readonly address: string;
  /** ...and where it listens, which is elsewhere if there is a network between. */
  readonly listen: string;
  /** Who the group is, in the flags that it is started with. */
  readonly group: readonly string[];
  command: Command;
}

/** See the head of this file. */
export class ClusterProcesses {
  readonly folder: Pick<RunFolder, "path" | "at">;
  readonly masters: MasterProcess[] = [];
  readonly workers: Command[] = [];
  /** If the cluster has one of its own. */
  readonly network: ClusterNetwork | undefined;
  readonly #options: ClusterOptions;
  readonly #workerNames = new Map<Command, string>();
  #workersStarted = 0;
  #outputs = 0;

  private constructor(folder: ClusterProcesses["folder"], options: ClusterOptions) {
    this.#options = options;
    this.folder = folder;
    if (options.hasNetwork === true) this.network = new ClusterNetwork(() => this.#nodes());
  }

  static async start(
    folder: ClusterProcesses["folder"],
    workers: number,
    options: ClusterOptions = {},
  ): Promise<ClusterProcesses> {
    const cluster = new ClusterProcesses(folder, options);
    const ports = await freePorts(options.masters ?? 1);
    const masters = await Promise.all(ports.map((port, i) => cluster.#place(i + 1, port)));
    const peers = masters.map(({ id, address }) => `${id}=${address}`).join(",");
    for (const master of masters) {
      const group = ports.length === 1 ? [] : ["--id", String(master.id), "--peers", peers];
      cluster.#addMaster({ ...master, group });
    }
    // Those of a new group that have no vote yet cannot make good for one that is killed.
    const shown = ports.length === 1 ? "listens on" : "has its vote";
    await Promise.all(cluster.masters.map(({ command }) => command.shows(shown)));
    await Promise.all(Array.from({ length: workers }, () => cluster.addWorker()));
    return cluster;
  }

  /** The first master. */
  get master(): Command {
    return this.masters[0]!.command;
  }

  /** Of all masters. */
  get address(): string {
    return this.masters.map(({ address }) => address).join(",");
  }

  /** The master that leads, as soon as one does. */
  async leader(): Promise<MasterProcess> {
    for (let waitedMs = 0; waitedMs < ELECTION_MS; waitedMs += LOOK_MS) {
      const leader = this.masters.find(({ command }) => leads(command));
      if (leader !== undefined) return leader;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    throw new Error(this.masters.map(({ command }) => command.stderr).join("\n\n"));
  }

  /** Starts a master again with what it has on its disk. */
  async restart(master: MasterProcess): Promise<void> {
    master.command = this.#startMaster(master);
    await master.command.shows("listens on");
  }

  /** Starts a master that joins the group; it is none of the group's yet. */
  async join(id: number): Promise<MasterProcess> {
    const [port] = await freePorts(1);
    const fresh = await this.#place(id, port!);
    const peers = [...this.masters, fresh].map((it) => `${it.id}=${it.address}`).join();
    const group = ["--id", String(id), "--peers", peers, "--join"];
    const master = this.#addMaster({ ...fresh, group });
    await master.command.shows("listens on");
    return master;
  }

  async addWorker(changes: WorkerChanges = {}): Promise<Command> {
    const name = `w${++this.#workersStarted}`;
    const place = await this.network?.place(name);
    const words = [
      ...["worker", "--masters", changes.masters ?? this.address, "--name", name, "--slots", "1"],
      ...["--memory", "16MB", "--work-dir", this.folder.at(`disk-${name}`)],
      ...(place === undefined ? [] : ["--advertise", place.address]),
      ...(this.#options.flags ?? []),
      ...(changes.flags ?? []),
    ];
    const environment = { ...(this.#options.environment ?? process.env), ...changes.environment };
    const worker = new Command(this.folder.path, words, false, environment);
    this.workers.push(worker);
    this.#workerNames.set(worker, name);
    if (place !== undefined) {
      await worker.shows("listens on");
      const [, address] = /listens on (\S+:\d+)/.exec(worker.stderr)!;
      place.target = parseAddress("the worker's address", address!);
    }
    await worker.shows("Registered with the leader");
    return worker;
  }

  /** The name that a worker was started with. */
  nameOf(worker: Command): string {
    return this.#workerNames.get(worker)!;
  }

  /** Begins a job on `in`. */
  begin(job: string, ...flags: readonly string[]): BegunJob {
    return this.beginOn(this.folder.at("in"), job, ...flags);
  }

  /** Begins a job on another input. */
  beginOn(input: string, job: string, ...flags: readonly string[]): BegunJob {
    const output = this.folder.at(`cluster-out-${this.#outputs++}`);
    const command = this.run(job, input, output, ...flags);
    return { command, output };
  }

  /** Begins a job on an input that is anywhere. */
  run(job: string, input: string, output: string, ...flags: readonly string[]): Command {
    const words = [
      ...["run", job, input, "-o", output, "--masters", this.address],
      ...["-R", "2", "--split-size", "4KB", ...flags],
    ];
    return new Command(this.folder.path, words, false, this.#options.environment);
  }

  /** Waits for a job that must succeed. */
  async output({ command, output }: BegunJob): Promise<ClusterOutput> {
    const ended = await command.ended();
    if (ended.code !== 0) throw new Error(`It ended with ${ended.code}: ${ended.stderr}`);
    const names = readdirSync(output).filter((name) => name.startsWith("part-"));
    const parts = names.sort().map((name) => readFileSync(join(output, name), "latin1"));
    return { ended, parts };
  }

  /** What all nodes have said so far, for whoever reads why a test failed. */
  said(): string {
    const masters = this.masters.map(({ id, command }) => [masterNameOf(id), command] as const);
    const workers = this.workers.map((worker) => [this.nameOf(worker), worker] as const);
    const all = [...masters, ...workers];
    return all.map(([name, { stderr }]) => `\n${name}:\n${stderr}`).join("");
  }

  /** What a job that did not succeed must not leave. */
  left(output: string): string[] {
    const beside = readdirSync(this.folder.path).filter((name) => name.startsWith("."));
    return [...(existsSync(output) ? [output] : []), ...beside];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.workers, ...this.masters.map(({ command }) => command)];
    for (const command of all) command.process.kill("SIGKILL");
    await Promise.all(all.map((command) => command.ended()));
    await this.network?.[Symbol.asyncDispose]();
  }

  /** Where a master listens, and where it is called. */
  async #place(
    id: number,
    port: number,
  ): Promise<Pick<MasterProcess, "id" | "address" | "listen">> {
    const listen = `127.0.0.1:${port}`;
    const place = await this.network?.place(masterNameOf(id), listen);
    return { id, listen, address: place?.address ?? listen };
  }

  /** By their processes, as the network calls them. */
  #nodes(): ReadonlyMap<number, string> {
    const all = [
      ...this.masters.map(({ id, command }) => [command, masterNameOf(id)] as const),
      ...this.#workerNames,
    ];
    const living = all.filter(([command]) => !command.hasEnded);
    return new Map(living.map(([{ process }, name]) => [process.pid!, name]));
  }

  #addMaster(facts: Omit<MasterProcess, "command">): MasterProcess {
    const master = { ...facts, command: this.#startMaster(facts) };
    this.masters.push(master);
    return master;
  }

  #startMaster({ id, listen, group }: Omit<MasterProcess, "command">): Command {
    const { flags = [], masterFlags = [], pingTimeout = PING_TIMEOUT, environment } = this.#options;
    const words = [
      ...["master", "--data", this.folder.at(`master-${id}`), "--listen", listen],
      ...[...PINGS, "--ping-timeout", pingTimeout, ...group, ...flags, ...masterFlags],
    ];
    return new Command(this.folder.path, words, false, environment);
  }
}

/** How a cluster's network calls a master. */
export function masterNameOf(id: number): string {
  return `master ${id}`;
}

/** Kills a process, and waits until it is dead. */
export async function kill(command: Command): Promise<void> {
  command.process.kill("SIGKILL");
  await command.ended();
}

function leads({ hasEnded, stderr }: Command): boolean {
  if (hasEnded) return false;
  return stderr.lastIndexOf("This master leads") > stderr.lastIndexOf("does not lead any more");
}

/**
 * Ports of loopback that nobody listened at a moment ago, and that are not among those that systems give
 * away by themselves: a connection of somebody's could take one before its master does, or while that is dead.
 */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(PORT_MIN, PORT_END);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = once(server, "listening").then(
    () => true,
    () => false,
  );
  server.listen(port, "127.0.0.1");
  if (!(await isListening)) return false;
  await once(server.close(), "close");
  return true;
}
