/**
 * Strikes a cluster of real processes with the faults of a schedule, one after the other; links stay cut
 * while other faults strike, and no fault is left when all is over.
 */

import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "../../integration/support/command.ts";
import type { ChaosFault, ChaosNode, LinkFault, ProcessFault, Strike } from "./chaos-schedule.ts";
import { type ClusterNetwork, OUTSIDE } from "./cluster-network.ts";
import { type ClusterProcesses, kill, masterNameOf } from "./cluster-processes.ts";

/** See the head of this file. */
export class ChaosFaults {
  readonly #cluster: ClusterProcesses;
  readonly #over: AbortSignal;
  /** The links that are cut, until they are healed. */
  #cutting: Promise<void> = Promise.resolve();

  /** As soon as `over` is aborted, nothing strikes any more, and what is broken is mended. */
  constructor(cluster: ClusterProcesses, over: AbortSignal) {
    this.#cluster = cluster;
    this.#over = over;
  }

  /** Resolves when all has struck, and is mended. */
  async run(strikes: readonly Strike[]): Promise<void> {
    try {
      for (const { afterMs, fault } of strikes) {
        await this.#pause(afterMs);
        if (this.#over.aborted) return;
        await this.#strike(fault);
      }
    } finally {
      await this.#cutting;
    }
  }

  async #strike(fault: ChaosFault): Promise<void> {
    if (fault.type !== "cut") return await this.#strikeProcesses(fault);
    // Who calls is not known everywhere; then links stay as they are.
    if (this.#cluster.network === undefined) return;
    // One cut at a time: what heals one would heal the other.
    await this.#cutting;
    this.#cutting = this.#cut(this.#cluster.network, fault);
  }

  async #strikeProcesses({ type, nodes, forMs }: ProcessFault): Promise<void> {
    const victims = nodes.map((node) => this.#processOf(node));
    if (type === "stop") {
      for (const { process } of victims) process.kill("SIGSTOP");
      await this.#pause(forMs);
      for (const { process } of victims) process.kill("SIGCONT");
      return;
    }
    await Promise.all(victims.map((victim) => (type === "kill" ? kill(victim) : end(victim))));
    await Promise.all(nodes.map((node) => this.#startAgain(node, forMs)));
  }

  /** A worker's place is taken by a new one; a master comes back with its disk. */
  async #startAgain({ kind, place }: ChaosNode, awayMs: number): Promise<void> {
    if (kind === "worker") return void (await this.#cluster.addWorker());
    await this.#pause(awayMs);
    await this.#cluster.restart(this.#cluster.masters[place]!);
  }

  async #cut(network: ClusterNetwork, { from, to, how, times, forMs }: LinkFault): Promise<void> {
    const names = (nodes: readonly ChaosNode[]) => nodes.map((node) => this.#nameOf(node));
    const ends = names(to);
    const links = names(from).flatMap((one) =>
      ends.filter((other) => other !== one).map((other) => [one, other] as const),
    );
    for (let i = 0; i < times && !this.#over.aborted; i++) {
      for (const [one, other] of links) network.cut(one, other, how);
      // Flapping links are there half of the time.
      await this.#pause(times === 1 ? forMs : forMs / times / 2);
      for (const [one, other] of links) network.heal(one, other);
      if (times > 1) await this.#pause(forMs / times / 2);
    }
  }

  #processOf({ kind, place }: ChaosNode): Command {
    if (kind === "master") return this.#cluster.masters[place]!.command;
    return this.#cluster.workers.filter((worker) => !worker.hasEnded)[place]!;
  }

  #nameOf(node: ChaosNode): string {
    if (node.kind === "client") return OUTSIDE;
    if (node.kind === "master") return masterNameOf(this.#cluster.masters[node.place]!.id);
    return this.#cluster.nameOf(this.#processOf(node));
  }

  #pause(ms: number): Promise<void> {
    return wait(ms, undefined, { signal: this.#over }).catch(() => {});
  }
}

async function end(command: Command): Promise<void> {
  command.process.kill("SIGTERM");
  await command.ended();
}
