/**
 * A master: one of a group, or alone in it. It holds what the group has agreed on, and leads when it is
 * elected: then workers register with it and clients submit jobs to it. Whoever asks another one is
 * told who leads.
 *
 *     group: Replica ─▶ ClusterMachine ─▶ effects ─▶ Leader, while this master leads
 *              ▲                                        │
 *              └──────────────── commands ──────────────┘
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { MemberId } from "../base/ids.ts";
import { DataFolder } from "../replica/data-folder.ts";
import { GrpcTransport, raftServiceOf } from "../replica/grpc-transport.ts";
import type { ReplicaObserver } from "../replica/options.ts";
import { Replica } from "../replica/replica.ts";
import type { Address } from "../rpc/security/address.ts";
import type { TlsIdentity } from "../rpc/security/tls-identity.ts";
import type { Token } from "../rpc/security/token.ts";
import { RpcServer } from "../rpc/server/rpc-server.ts";
import { HealthRegister } from "../rpc/services/health.ts";
import { reflectionServices } from "../rpc/services/reflection.ts";
import { PLAN_INTERVAL_MS } from "../scheduler/plan.ts";
import { BundleFolder } from "./bundle-folder.ts";
import { Driver } from "./driver/driver.ts";
import { GroupBundles } from "./group/group-bundles.ts";
import { MemberAddresses } from "./group/member-addresses.ts";
import { Reign } from "./group/reign.ts";
import { replicatedLog } from "./group/replicated-log.ts";
import { Leader } from "./leader/leader.ts";
import { masterServices } from "./services/master-services.ts";
import { ClusterMachine } from "./state/cluster-machine.ts";

/** What a master is started with. */
export interface MasterOptions {
  readonly address: Address;
  /** Where it keeps what it must not lose. */
  readonly folder: string;
  /** Its number in the group. */
  readonly member: MemberId;
  /** Where all masters of the group are called, this one included; empty for a group of one. */
  readonly peers: ReadonlyMap<MemberId, Address>;
  /** It joins a group that is there, and does not begin one. */
  readonly joins: boolean;
  readonly tls: TlsIdentity | undefined;
  readonly token: Token | undefined;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly onEvent: (what: string, words: string) => void;
  readonly onBug: (thrown: unknown) => void;
}

/** All clusters are called the same: a folder tells which member it is of. */
const CLUSTER = "sheaf";
/** How long a master that ends waits for another one to take the lead. */
const HAND_OVER_MS = 1500;
/** How often bundles that no job needs are looked for. */
const SWEEP_MS = 3_600_000;

/** See the head of this file. */
export class Master {
  readonly #server: RpcServer;
  readonly #replica: Replica;
  readonly #reign: Reign;
  readonly #transport: GrpcTransport;
  readonly #data: DataFolder;
  readonly #timers: readonly NodeJS.Timeout[];

  /**
   * @throws SheafError `USAGE` where it is not safe, or not possible, to listen; `DATA_IN_USE`,
   * `DATA_MISMATCH`, `DATA_FAILED` and `NO_SPACE` for its folder.
   */
  static async start(options: MasterOptions): Promise<Master> {
    const { folder, member, peers, joins } = options;
    const voters = peers.size === 0 ? [member] : [...peers.keys()];
    const data = await DataFolder.open(join(folder, "log"), {
      identity: { cluster: CLUSTER, member },
      membership: { voters: joins ? [] : voters, learners: [] },
    });
    try {
      return await Master.#startIn(data, options);
    } catch (thrown) {
      await data.close();
      throw thrown;
    }
  }

  static async #startIn(data: DataFolder, options: MasterOptions): Promise<Master> {
    const { address, folder, member, peers, tls, token, onEvent, onBug } = options;
    const bundles = new BundleFolder(join(folder, "bundles"));
    const machine = new ClusterMachine((effects) => reign.applied(effects));
    const addresses = new MemberAddresses(peers, () => machine.state);
    const trouble = (words: string): void => onEvent("trouble", words);
    const transport = new GrpcTransport({
      ...{ addressOf: (id) => addresses.of(id), tls, token, onTrouble: trouble },
    });
    const membership = () => replica.status().raft.membership;
    const groupBundles = new GroupBundles({
      ...{ bundles, tls, token, onTrouble: trouble },
      others: () => addresses.among(membership().voters.filter((id) => id !== member)),
      majority: () => Math.floor(membership().voters.length / 2) + 1,
    });
    const reign: Reign = new Reign({
      member,
      addresses,
      lead: (term) =>
        new Leader({
          state: machine.state,
          log: replicatedLog(replica),
          term,
          bundleOf: (hash, signal) => groupBundles.obtain(hash, signal),
          drive: (driverData, onMessage) => new Driver(driverData, onMessage),
          clock: { nowMs: () => performance.now(), wallMs: () => Date.now() },
          randomHex: (bytes) => randomBytes(bytes).toString("hex"),
          pingIntervalMs: options.pingIntervalMs,
          pingTimeoutMs: options.pingTimeoutMs,
          onEvent,
          onBug,
        }),
      onEvent,
    });
    const observer: ReplicaObserver = {
      onLeading: (term) => reign.begin(term),
      onFollowing: (leader, term) => reign.end({ leader, term }),
      onRemoved: () => onEvent("removed", "The group goes on without this master: end it."),
      onTrouble: trouble,
      onFatal: onBug,
    };
    const replica: Replica = await Replica.start({
      ...{ member, log: data.log, machine, transport, observer },
    });
    let server: RpcServer | undefined;
    const served = masterServices({
      ...{ reign, replica, bundles, groupBundles, addresses, member },
      address: () => server?.addressText ?? "",
    });
    const health = new HealthRegister();
    const services = [...served, raftServiceOf((it) => replica.receive(it)), health.service()];
    try {
      server = await RpcServer.listen({
        address,
        tls,
        token,
        services: [...services, ...reflectionServices(services)],
        onTrouble: trouble,
        onBug: (_method, thrown) => onBug(thrown),
      });
    } catch (thrown) {
      await replica.close();
      await transport.close();
      throw thrown;
    }
    const inUse = () => new Set([...machine.state.jobs.values()].map(({ spec }) => spec.bundle));
    const timers = [
      setInterval(() => reign.leader?.roster.tick(), options.pingIntervalMs),
      setInterval(() => reign.leader?.tick(), PLAN_INTERVAL_MS),
      setInterval(() => bundles.sweep(inUse()), SWEEP_MS),
    ];
    return new Master({ server, replica, reign, transport, data, timers });
  }

  private constructor(parts: {
    readonly server: RpcServer;
    readonly replica: Replica;
    readonly reign: Reign;
    readonly transport: GrpcTransport;
    readonly data: DataFolder;
    readonly timers: readonly NodeJS.Timeout[];
  }) {
    this.#server = parts.server;
    this.#replica = parts.replica;
    this.#reign = parts.reign;
    this.#transport = parts.transport;
    this.#data = parts.data;
    this.#timers = parts.timers;
  }

  /** "host:port". */
  get addressText(): string {
    return this.#server.addressText;
  }

  /** Hands the lead over, if there is somebody to take it, and ends. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#handOver();
    await this.#reign.close();
    await this.#server.close();
    await this.#replica.close();
    await this.#transport.close();
    await this.#data.close();
  }

  async #handOver(): Promise<void> {
    const { raft } = this.#replica.status();
    const able = raft.peers
      .filter(({ id, isHeard }) => isHeard && raft.membership.voters.includes(id))
      .sort((a, b) => b.matchIndex - a.matchIndex);
    const [next] = able;
    if (raft.role !== "leader" || next === undefined) return;
    // Without it the others hold an election, which takes a little longer.
    await this.#replica.transferLeadership(next.id, HAND_OVER_MS).catch(() => {});
  }
}
