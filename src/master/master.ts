/**
 * A master: a server at which workers register and clients submit jobs. It leads a group of one, and
 * keeps its jobs in memory.
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { memberId, term } from "../base/ids.ts";
import type { Address } from "../rpc/security/address.ts";
import type { TlsIdentity } from "../rpc/security/tls-identity.ts";
import type { Token } from "../rpc/security/token.ts";
import { RpcServer } from "../rpc/server/rpc-server.ts";
import { HealthRegister } from "../rpc/services/health.ts";
import { reflectionServices } from "../rpc/services/reflection.ts";
import { PLAN_INTERVAL_MS } from "../scheduler/plan.ts";
import { BundleFolder } from "./bundle-folder.ts";
import { Driver } from "./driver/driver.ts";
import { Leader } from "./leader/leader.ts";
import { masterServices } from "./services/master-services.ts";
import { applyCommand } from "./state/apply-command.ts";
import { emptyClusterState } from "./state/cluster-state.ts";

/** What a master is started with. */
export interface MasterOptions {
  readonly address: Address;
  /** Where it keeps what it must not lose. */
  readonly folder: string;
  readonly tls: TlsIdentity | undefined;
  readonly token: Token | undefined;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly onEvent: (what: string, words: string) => void;
  readonly onBug: (thrown: unknown) => void;
}

/** See the head of this file. */
export class Master {
  readonly #server: RpcServer;
  readonly #leader: Leader;
  readonly #timers: readonly NodeJS.Timeout[];

  private constructor(server: RpcServer, leader: Leader, pingIntervalMs: number) {
    this.#server = server;
    this.#leader = leader;
    this.#timers = [
      setInterval(() => leader.roster.tick(), pingIntervalMs),
      setInterval(() => leader.tick(), PLAN_INTERVAL_MS),
    ];
  }

  /** Throws `USAGE` where it is not safe, or not possible, to listen. */
  static async start(options: MasterOptions): Promise<Master> {
    const { address, tls, token, onEvent, onBug } = options;
    const bundles = new BundleFolder(join(options.folder, "bundles"));
    const state = emptyClusterState();
    const leader: Leader = new Leader({
      state,
      log: {
        append: async (commands) => {
          for (const command of commands) leader.applied(applyCommand(state, command));
        },
      },
      term: term(1),
      bundles,
      drive: (data, onMessage) => new Driver(data, onMessage),
      clock: { nowMs: () => performance.now(), wallMs: () => Date.now() },
      randomHex: (bytes) => randomBytes(bytes).toString("hex"),
      pingIntervalMs: options.pingIntervalMs,
      pingTimeoutMs: options.pingTimeoutMs,
      onEvent,
      onBug,
    });
    let server: RpcServer | undefined;
    const served = masterServices({
      leader,
      bundles,
      member: memberId(1),
      term: term(1),
      address: () => server?.addressText ?? "",
    });
    const health = new HealthRegister();
    const services = [...served, health.service()];
    server = await RpcServer.listen({
      address,
      tls,
      token,
      services: [...services, ...reflectionServices(services)],
      onTrouble: (trouble) => onEvent("trouble", trouble),
      onBug: (_method, thrown) => onBug(thrown),
    });
    return new Master(server, leader, options.pingIntervalMs);
  }

  /** "host:port". */
  get addressText(): string {
    return this.#server.addressText;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#leader.close();
    await this.#server.close();
  }
}
