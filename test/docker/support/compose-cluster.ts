/**
 * The cluster of deploy/compose.yaml, up for as long as a test needs it, under a name of its own and
 * with a folder of this machine as its data. What is done to its containers is done as people and
 * broken machines do it: by the engine. `await using` takes it down, with all its volumes.
 */

import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFacts } from "../../../src/base/package-facts.ts";
import type { Engine } from "./engine.ts";
import { type Leading, type MasterLine, MasterLogs } from "./master-logs.ts";
import { Program } from "./program.ts";

/** Found by way of the package: the benchmark starts it, too, from a bundle of its own. */
const FILE = join(packageFacts().root, "deploy", "compose.yaml");
/** The services of the masters, by which they call each other. */
const MASTERS = ["master-1", "master-2", "master-3"];
const ADDRESSES = MASTERS.map((name) => `${name}:7077`).join(",");

const FREEZES_MAX = 10;

/** Undoes what was done to a machine, when the time has come. */
export type Mend = () => Promise<void>;

/** See the head of this file. */
export class ComposeCluster {
  /** What all nodes see as /data. */
  readonly data: string;
  /** The ids of the workers' containers, by which they know each other, too. */
  workers: readonly string[] = [];
  /** The ids of the masters' containers. */
  masters: readonly string[] = [];
  readonly #project = `sheaf-test-${process.pid}`;
  readonly #compose: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #paused = new Set<string>();
  readonly #logs = new MasterLogs();

  private constructor(compose: readonly string[]) {
    this.#compose = compose;
    this.data = realpathSync(mkdtempSync(join(tmpdir(), "sheaf-docker-")));
    // The image's user writes there, and it is not ours.
    chmodSync(this.data, 0o777);
    const [user, group] = [process.getuid!(), process.getgid!()];
    this.#env = {
      ...process.env,
      COMPOSE_PROJECT_NAME: this.#project,
      SHEAF_DATA: this.data,
      // Root may remove what the image's user wrote; anybody else writes it as who they are.
      ...(user === 0 ? {} : { SHEAF_USER: `${user}:${group}` }),
    };
  }

  /** Builds the image of this checkout and starts the cluster; all workers have registered then. */
  static async start(engine: Engine & { runs: true }, workers: number): Promise<ComposeCluster> {
    const cluster = new ComposeCluster(engine.compose);
    try {
      await cluster.#start(workers);
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  async #start(workers: number): Promise<void> {
    await this.compose("build", "setup");
    const from = new Date();
    await this.compose("up", "--detach");
    this.workers = await this.#containers("worker");
    if (this.workers.length !== workers) throw new Error(`${this.workers.length} workers came up.`);
    await this.#listen(from);
    await Promise.all(this.workers.map((worker) => this.isBack(worker, 0)));
  }

  async #listen(from: Date): Promise<void> {
    this.masters = (await Promise.all(MASTERS.map((name) => this.#containers(name)))).flat();
    for (const master of this.masters) this.#logs.follow(master, from);
  }

  /** Runs compose to its end, which must be a good one, and gives its lines. */
  async compose(...words: readonly string[]): Promise<readonly string[]> {
    return await this.#run([...this.#compose, "-f", FILE, ...words]);
  }

  /** Begins a job on /data/..., as a client in a container of its own. */
  begin(...words: readonly string[]): Program {
    const run = [...this.#compose, "-f", FILE, "run", "--rm", "-T", "client", "sheaf", "run"];
    return new Program([...run, ...words, "--masters", ADDRESSES, "--json"], this.#env);
  }

  /** Asks a client's command for JSON, and gives its lines of it, without what compose says. */
  async ask(command: string): Promise<readonly string[]> {
    const lines = await this.compose("run", "--rm", "-T", "client", "sheaf", command, "--json");
    return lines.filter((line) => line.startsWith("{"));
  }

  /** All masters are taken away, with all but their volumes, and made anew; one of them leads then. */
  async renewMasters(): Promise<void> {
    const { term } = this.leading;
    const from = new Date();
    await this.compose("rm", "--stop", "--force", ...MASTERS);
    await this.compose("up", "--detach", ...MASTERS);
    await this.#listen(from);
    await this.#logs.elects(term);
  }

  /** A machine loses power, until it is mended. */
  async kill(machine: string): Promise<Mend> {
    await this.#docker("kill", machine);
    const from = new Date();
    return async () => {
      await this.#docker("start", machine);
      if (this.masters.includes(machine)) this.#logs.follow(machine, from);
    };
  }

  /** A machine stands still, until it is mended; it goes on as if nothing had happened. */
  async pause(machine: string): Promise<Mend> {
    await this.#freeze(machine);
    this.#paused.add(machine);
    return async () => await this.#unpause(machine);
  }

  /** A machine loses its network, and works on alone until it gets it back. */
  async disconnect(machine: string): Promise<Mend> {
    const network = `${this.#project}_default`;
    await this.#docker("network", "disconnect", network, machine);
    // The name of its service is lost with the network, but not that of its container.
    const name = MASTERS[this.masters.indexOf(machine)];
    const alias = name === undefined ? [] : ["--alias", name];
    return async () => void (await this.#docker("network", "connect", ...alias, network, machine));
  }

  /** Under load an engine may fail to freeze processes that start others; it says so and lets them go. */
  async #freeze(machine: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#docker("pause", machine);
        return;
      } catch (error) {
        if (tries === FREEZES_MAX || !String(error).includes("unable to freeze")) throw error;
      }
    }
  }

  async #unpause(machine: string): Promise<void> {
    await this.#docker("unpause", machine);
    this.#paused.delete(machine);
  }

  /** Waits until a leader gives a worker up, in a line of the masters from `from` on. */
  async isGivenUp(worker: string, from: number): Promise<void> {
    await this.#workerIs(worker, "does not answer", from);
  }

  /** Waits until a worker has registered, in a line of the masters from `from` on. */
  async isBack(worker: string, from: number): Promise<void> {
    await this.#workerIs(worker, "has registered", from);
  }

  /** A worker's name begins with that of its container. */
  async #workerIs(worker: string, what: string, from: number): Promise<void> {
    const isIt = (text: string) => text.includes(worker) && text.includes(what);
    await this.#logs.says(({ text }) => isIt(text), from);
  }

  /** Waits until a master says, in a line of the masters from `from` on, that it follows or leads. */
  async isMember(master: string, from: number): Promise<void> {
    const isIt = (line: MasterLine) => line.master === master && / leads term \d/.test(line.text);
    await this.#logs.says(isIt, from);
  }

  /** Waits until a master leads a later term than that. */
  async elects(after: number): Promise<Leading> {
    return await this.#logs.elects(after);
  }

  /** Who was elected last. */
  get leading(): Leading {
    return this.#logs.leading!;
  }

  /** What the masters have said so far, in all. */
  get said(): readonly MasterLine[] {
    return this.#logs.lines;
  }

  async #containers(service: string): Promise<readonly string[]> {
    const labels = { project: this.#project, service, oneoff: "False" };
    const filters = Object.entries(labels).flatMap(([name, value]) => [
      "--filter",
      `label=com.docker.compose.${name}=${value}`,
    ]);
    return await this.#docker("ps", "--quiet", ...filters);
  }

  async #docker(...words: readonly string[]): Promise<readonly string[]> {
    return await this.#run(["docker", ...words]);
  }

  async #run(words: readonly string[]): Promise<readonly string[]> {
    await using program = new Program(words, this.#env);
    await program.succeeds();
    return program.lines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#logs[Symbol.asyncDispose]();
    // Best effort: whatever happens, all goes down.
    await Promise.allSettled([...this.#paused].map((worker) => this.#unpause(worker)));
    await this.compose("down", "--volumes", "--remove-orphans", "--timeout", "1");
    rmSync(this.data, { recursive: true, force: true });
  }
}
