/**
 * A master: one of a group, or alone in it, and the server at which others call it. It leads when it is
 * elected: then workers register with it and clients submit jobs to it. Whoever asks another one is
 * told who leads.
 */

import { raftServiceOf } from "../replica/grpc-transport.ts";
import type { Address } from "../rpc/security/address.ts";
import { RpcServer } from "../rpc/server/rpc-server.ts";
import { HealthRegister } from "../rpc/services/health.ts";
import { reflectionServices } from "../rpc/services/reflection.ts";
import { Group, type GroupOptions } from "./group/group.ts";
import { masterServices } from "./services/master-services.ts";

/** What a master is started with. */
export interface MasterOptions extends GroupOptions {
  /** Where it listens. */
  readonly address: Address;
}

/** How often bundles are looked for that jobs need and that are not here, and that none needs. */
const GATHER_MS = 1000;
const SWEEP_MS = 3_600_000;

/** See the head of this file. */
export class Master {
  readonly #server: RpcServer;
  readonly #group: Group;
  readonly #timers: readonly NodeJS.Timeout[];

  /**
   * @throws SheafError `USAGE` where it is not safe, or not possible, to listen, and what
   * `Group.join` throws.
   */
  static async start(options: MasterOptions): Promise<Master> {
    const group = await Group.join(options);
    try {
      return new Master(await listen(group, options), group);
    } catch (thrown) {
      await group.close();
      throw thrown;
    }
  }

  private constructor(server: RpcServer, group: Group) {
    this.#server = server;
    this.#group = group;
    this.#timers = [
      setInterval(() => group.gatherBundles(), GATHER_MS),
      setInterval(() => group.sweepBundles(), SWEEP_MS),
    ];
  }

  /** "host:port". */
  get addressText(): string {
    return this.#server.addressText;
  }

  /** Ends, and leaves the lead to another one, if there is one. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#group.self.handOver();
    await this.#group.self.reign.close();
    await this.#server.close();
    await this.#group.close();
  }
}

async function listen(group: Group, options: MasterOptions): Promise<RpcServer> {
  const { address, tls, token, onEvent, onBug } = options;
  let server: RpcServer | undefined;
  const services = [
    ...masterServices({ group, listensOn: () => server?.addressText ?? "" }),
    raftServiceOf((message, from) => group.self.receive(message, from)),
    new HealthRegister().service(),
  ];
  server = await RpcServer.listen({
    ...{ address, tls, token },
    services: [...services, ...reflectionServices(services)],
    onTrouble: (trouble) => onEvent("trouble", trouble),
    onBug: (_method, thrown) => onBug(thrown),
  });
  return server;
}
