/**
 * The cluster of deploy/compose.yaml, up for as long as a test needs it, under a name of its own and
 * with a folder of this machine as its data. What is done to its containers is done as people and
 * broken machines do it: by the engine. `await using` takes it down, with all its volumes.
 */

import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "./engine.ts";
import { Program } from "./program.ts";

const FILE = join(import.meta.dirname, "../../../deploy/compose.yaml");
/** How the client names the leader. */
const MASTERS = "master:7077";

const FREEZES_MAX = 10;

/** Undoes what was done to a machine, when the time has come. */
export type Mend = () => Promise<void>;

/** See the head of this file. */
export class ComposeCluster {
  /** What all nodes see as /data. */
  readonly data: string;
  /** The ids of the workers' containers, by which they know each other, too. */
  workers: readonly string[] = [];
  readonly #project = `sheaf-test-${process.pid}`;
  readonly #compose: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #paused = new Set<string>();
  #masterLog: Program | undefined;

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
    await this.compose("up", "--detach");
    this.workers = await this.#containers("worker");
    const [master] = await this.#containers("master");
    this.#masterLog = new Program(["docker", "logs", "--follow", master!], this.#env);
    if (this.workers.length !== workers) throw new Error(`${this.workers.length} workers came up.`);
    await Promise.all(this.workers.map((worker) => this.#masterSays(worker, "has registered", 0)));
  }

  /** Runs compose to its end, which must be a good one, and gives its lines. */
  async compose(...words: readonly string[]): Promise<readonly string[]> {
    return await this.#run([...this.#compose, "-f", FILE, ...words]);
  }

  /** Begins a job on /data/..., as a client in a container of its own. */
  begin(...words: readonly string[]): Program {
    const run = [...this.#compose, "-f", FILE, "run", "--rm", "-T", "client", "sheaf", "run"];
    return new Program([...run, ...words, "--masters", MASTERS, "--json"], this.#env);
  }

  /** A machine loses power, until it is mended. */
  async kill(worker: string): Promise<Mend> {
    await this.#docker("kill", worker);
    return async () => void (await this.#docker("start", worker));
  }

  /** A machine stands still, until it is given up and mended; it goes on as if nothing had happened. */
  async pause(worker: string): Promise<Mend> {
    const from = this.masterLines;
    await this.#freeze(worker);
    this.#paused.add(worker);
    return async () => {
      await this.#masterSays(worker, "does not answer", from);
      await this.#unpause(worker);
    };
  }

  /** A machine loses its network, and works on alone until it is given up and gets the network back. */
  async disconnect(worker: string): Promise<Mend> {
    const network = `${this.#project}_default`;
    const from = this.masterLines;
    await this.#docker("network", "disconnect", network, worker);
    return async () => {
      await this.#masterSays(worker, "does not answer", from);
      await this.#docker("network", "connect", network, worker);
    };
  }

  /** Under load an engine may fail to freeze processes that start others; it says so and lets them go. */
  async #freeze(worker: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#docker("pause", worker);
        return;
      } catch (error) {
        if (tries === FREEZES_MAX || !String(error).includes("unable to freeze")) throw error;
      }
    }
  }

  async #unpause(worker: string): Promise<void> {
    await this.#docker("unpause", worker);
    this.#paused.delete(worker);
  }

  /** Waits until a worker, killed or given up since line `from` of the master's log, is back. */
  async isBack(worker: string, from: number): Promise<void> {
    await this.#masterSays(worker, "has registered", from);
  }

  /** How many lines the master has logged. */
  get masterLines(): number {
    return this.#masterLog!.lines.length;
  }

  async #masterSays(worker: string, what: string, from: number): Promise<void> {
    const isIt = (line: string) => line.includes(worker) && line.includes(what);
    if (await this.#masterLog!.says(isIt, from)) return;
    throw new Error(`The master ended:\n${this.#masterLog!.lines.slice(-20).join("\n")}`);
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
    await this.#masterLog?.[Symbol.asyncDispose]();
    // Best effort: whatever happens, all goes down.
    await Promise.allSettled([...this.#paused].map((worker) => this.#unpause(worker)));
    await this.compose("down", "--volumes", "--remove-orphans", "--timeout", "1");
    rmSync(this.data, { recursive: true, force: true });
  }
}
