/**
 * One run: a seed draws a cluster and what goes wrong in it. First everything may go wrong, and nothing
 * that must never be may be; then all is mended, and what must happen happens, within a bound.
 */

import { judge } from "./checks/linearizability.ts";
import { checkOutcomes } from "./checks/outcomes.ts";
import { Cluster } from "./cluster/cluster.ts";
import { drawFaults, type Fault } from "./faults/fault.ts";
import { Injector } from "./faults/injector.ts";
import { Sometimes } from "./sometimes.ts";
import { World } from "./world/world.ts";

/** What a run is told besides its seed. */
export interface SimulationOptions {
  /** In the place of those that the seed draws. */
  readonly faults?: readonly Fault[];
  /** Keeps the last lines of the trace. */
  readonly keepsLines?: boolean;
}

/** How a run has ended. */
export interface SimulationResult {
  readonly seed: number;
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly commands: number;
  readonly faults: readonly Fault[];
  readonly sometimes: Sometimes;
  readonly lines: readonly string[];
  /** Where everybody stood in the end. */
  readonly standing: string;
  /** Undefined where all held. */
  readonly problem: unknown;
}

/** After everything is mended, all must be done within so long. */
const LIVENESS_MS = 300_000;

/** See the head of this file. */
export async function simulate(
  seed: number,
  options: SimulationOptions = {},
): Promise<SimulationResult> {
  const sometimes = new Sometimes();
  const world = new World(seed, sometimes, options.keepsLines ?? false);
  const chance = world.chance("faults");
  const healMs = chance.between(10_000, 35_000);
  const faults = options.faults ?? drawFaults(chance, healMs);
  const run = new Run(world, faults, healMs);
  const onRejection = (thrown: unknown): void => world.fail(thrown);
  process.on("unhandledRejection", onRejection);
  let problem: unknown;
  try {
    await run.toItsEnd();
  } catch (thrown) {
    problem = thrown ?? new Error("Something without a name was thrown.");
  } finally {
    process.off("unhandledRejection", onRejection);
  }
  const { hash, lines } = world.trace;
  const { events, commands } = run;
  return {
    ...{ seed, hash, events, commands, faults, sometimes, lines, problem },
    virtualMs: world.nowMs,
    standing: run.standing,
  };
}

class Run {
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #injector: Injector;
  readonly #healMs: number;
  events = 0;

  constructor(world: World, faults: readonly Fault[], healMs: number) {
    this.#world = world;
    this.#cluster = new Cluster(world);
    this.#injector = new Injector(this.#cluster, faults);
    this.#healMs = healMs;
  }

  get commands(): number {
    return this.#cluster.consensus.committedIndex;
  }

  get standing(): string {
    return this.#cluster.describe();
  }

  async toItsEnd(): Promise<void> {
    const cluster = this.#cluster;
    cluster.start();
    await this.#until(() => this.#world.nowMs >= this.#healMs, Number.POSITIVE_INFINITY, "");
    this.#injector.heal();
    const endMs = this.#world.nowMs + LIVENESS_MS;
    await this.#until(() => cluster.hasEndedAllJobs, endMs, "the jobs have not all ended");
    for (const client of cluster.clients) client.finish();
    const areDone = () => cluster.clients.every(({ isDone }) => isDone);
    await this.#until(areDone, endMs, "clients get no answer");
    // A submission whose client has given up may have come late.
    const isOver = () => cluster.isAtRest && cluster.hasEndedAllJobs;
    await this.#until(isOver, endMs, "masters have not all that is committed");
    this.#judge();
  }

  #judge(): void {
    const { scheduling, folder, ledger, history } = this.#cluster;
    const world = this.#world;
    checkOutcomes(world, scheduling.state.jobs.values(), folder, ledger);
    const judgement = judge(history.happenings);
    if (judgement === "linearizable") world.sometimes.saw("history judged");
    world.expect(judgement !== "not linearizable", () => "What clients were told has no order.");
    world.throwIfFailed();
  }

  async #until(holds: () => boolean, endMs: number, otherwise: string): Promise<void> {
    while (!holds()) {
      if (this.#world.nowMs > endMs || !(await this.#world.step())) {
        throw new Error(`${LIVENESS_MS / 1000} s after all was mended, ${otherwise}.`);
      }
      this.#injector.look();
      this.events++;
    }
  }
}
