/**
 * Whoever runs the cluster: puts new masters in the place of old ones, now and then two at a time, and
 * asks again until it is done.
 */

import { SheafError } from "../../../src/base/error.ts";
import { type MemberId, memberId } from "../../../src/base/ids.ts";
import { call } from "../world/call.ts";
import type { Host, Process } from "../world/host.ts";
import type { Network } from "../world/network.ts";
import type { Directory } from "./directory.ts";
import type { SimulatedMaster } from "./simulated-master.ts";

/** What an administrator works with. */
export interface AdministratorOptions {
  readonly host: Host;
  readonly network: Network;
  readonly directory: Directory;
  /** How many masters are replaced at once. */
  readonly atOnce: number;
  /** Sets up a machine for a new master; it is not started. */
  readonly add: (member: MemberId) => SimulatedMaster;
}

const CALL_MS = 30_000;
const PAUSE_MS = 1000;

/** See the head of this file. */
export class Administrator {
  readonly #options: AdministratorOptions;
  readonly #process: Process;
  /** Those that go, and those that come. */
  readonly #underWay = new Map<SimulatedMaster, SimulatedMaster>();

  constructor(options: AdministratorOptions) {
    this.#options = options;
    this.#process = options.host.begin();
  }

  get isBusy(): boolean {
    return this.#underWay.size > 0;
  }

  /** Begins to replace a master, unless it comes or goes already, or enough others do. */
  replace(old: SimulatedMaster): void {
    const { directory, add, atOnce } = this.#options;
    const isKnown = [...this.#underWay].flat().includes(old);
    if (this.#underWay.size >= atOnce || isKnown || old.isRetired) return;
    const numbers = [...directory.masters.values()].map(({ member }) => member);
    const fresh = add(memberId(Math.max(...numbers) + 1));
    this.#underWay.set(old, fresh);
    const { world } = this.#process;
    if (this.#underWay.size > 1) world.sometimes.saw("two replacements at once");
    world.note("replace", old.member, fresh.member);
    if (directory.leader === undefined) world.sometimes.saw("replacement during an election");
    fresh.start();
    this.#process.run(() => {
      this.#goOn(old, fresh).catch((thrown: unknown) => world.fail(thrown));
    });
  }

  async #goOn(old: SimulatedMaster, fresh: SimulatedMaster): Promise<void> {
    const { network, directory } = this.#options;
    const { sometimes } = this.#process.world;
    const replacement = { old: old.member, new: fresh.member, newAddress: fresh.address };
    for (let tries = 0; ; tries++) {
      const leader = directory.leader;
      const serve = async (): Promise<void> => {
        if (leader?.life === undefined) throw new SheafError("NOT_LEADER", "It is only starting.");
        await leader.life.replace(replacement);
      };
      try {
        if (leader === undefined) throw new SheafError("NOT_LEADER", "Nobody leads.");
        await call(network, { from: this.#process, to: leader.host, timeoutMs: CALL_MS, serve });
        sometimes.saw("member replaced");
        if (tries > 0) sometimes.saw("replacement gone on with");
        old.retire();
        this.#underWay.delete(old);
        return;
      } catch (thrown) {
        if (!(thrown instanceof SheafError)) throw thrown;
      }
      await this.#process.wait(PAUSE_MS);
    }
  }
}
