/**
 * This master as one of its group: what the group has agreed on, in a folder and in memory, and the
 * leader that this master is while it is elected.
 *
 *     Replica ─▶ ClusterMachine ─▶ effects ─▶ Leader, while this master leads
 *        ▲                                      │
 *        └─────────────── commands ─────────────┘
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { messageOf } from "../../base/error.ts";
import type { MemberId, Term } from "../../base/ids.ts";
import type { Message } from "../../raft/message.ts";
import { DataFolder } from "../../replica/data-folder.ts";
import { GrpcTransport } from "../../replica/grpc-transport.ts";
import type { ReplicaObserver } from "../../replica/options.ts";
import { Replica } from "../../replica/replica.ts";
import type { Address } from "../../rpc/security/address.ts";
import type { TlsIdentity } from "../../rpc/security/tls-identity.ts";
import type { Token } from "../../rpc/security/token.ts";
import { LOG_FOLDER } from "../../storage/file-names.ts";
import { BundleFolder } from "../bundle-folder.ts";
import { Driver } from "../driver/driver.ts";
import { Leader } from "../leader/leader.ts";
import { ClusterMachine } from "../state/cluster-machine.ts";
import { GroupBundles } from "./group-bundles.ts";
import { MemberAddresses } from "./member-addresses.ts";
import { Reign } from "./reign.ts";
import { replicatedLog } from "./replicated-log.ts";

/** Who the master is in its group, and what it has. */
export interface GroupOptions {
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

/** See the head of this file. */
export class Group {
  readonly member: MemberId;
  readonly bundles: BundleFolder;
  readonly groupBundles: GroupBundles;
  readonly addresses: MemberAddresses;
  readonly reign: Reign;
  readonly #options: GroupOptions;
  readonly #data: DataFolder;
  readonly #machine: ClusterMachine;
  readonly #transport: GrpcTransport;
  #replica: Replica | undefined;

  /**
   * Becomes a member again, or for the first time.
   *
   * @throws SheafError `DATA_IN_USE`, `DATA_MISMATCH`, `DATA_FAILED` and `NO_SPACE` for its folder.
   */
  static async join(options: GroupOptions): Promise<Group> {
    const { folder, member, peers, joins } = options;
    const voters = peers.size === 0 ? [member] : [...peers.keys()];
    const bundles = await BundleFolder.make(join(folder, "bundles"));
    const data = await DataFolder.open(join(folder, LOG_FOLDER), {
      identity: { cluster: CLUSTER, member },
      membership: { voters: joins ? [] : voters, learners: [] },
    });
    const group = new Group(options, data, bundles);
    try {
      await group.#begin();
      return group;
    } catch (thrown) {
      await group.close();
      throw thrown;
    }
  }

  private constructor(options: GroupOptions, data: DataFolder, bundles: BundleFolder) {
    const { member, peers, tls, token, onEvent } = options;
    this.#options = options;
    this.#data = data;
    this.member = member;
    this.bundles = bundles;
    this.#machine = new ClusterMachine((effects) => this.reign.applied(effects));
    this.addresses = new MemberAddresses(peers, () => this.#machine.state);
    const shared = { tls, token, onTrouble: (words: string) => onEvent("trouble", words) };
    this.#transport = new GrpcTransport({
      ...shared,
      addressOf: (id) => this.addresses.of(id),
      ownAddress: () => this.addresses.textOf(member) || undefined,
    });
    this.groupBundles = new GroupBundles({
      ...shared,
      bundles: this.bundles,
      member,
      voters: () => this.replica.status().raft.membership.voters,
      addressOf: (id) => this.addresses.of(id),
    });
    this.reign = new Reign({
      ...{ member, onEvent, addresses: this.addresses },
      lead: (term) => this.#lead(term),
    });
  }

  async #begin(): Promise<void> {
    const { member, onEvent, onBug } = this.#options;
    const observer: ReplicaObserver = {
      onLeading: (term) => this.reign.begin(term),
      onFollowing: (leader, term) => this.reign.end({ leader, term }),
      onRemoved: () => onEvent("removed", "The group goes on without this master: end it."),
      onTrouble: (words) => onEvent("trouble", words),
      onFatal: onBug,
    };
    this.#replica = await Replica.start({
      ...{ member, log: this.#data.log, machine: this.#machine, observer },
      transport: this.#transport,
      onLogged: (command) => this.addresses.logged(command),
    });
  }

  get replica(): Replica {
    return this.#replica!;
  }

  /** Another master says something, and where it is called, if it may not be known. */
  receive(message: Message, address: string | undefined): void {
    this.addresses.heard(message.from, address);
    this.#replica?.receive(message);
  }

  /** Removes bundles that no job needs any more that is known. */
  sweepBundles(): void {
    const jobs = [...this.#machine.state.jobs.values()];
    const inUse = new Set(jobs.map(({ spec }) => spec.bundle));
    this.bundles.sweep(inUse, performance.now()).catch((thrown) => {
      this.#options.onEvent("trouble", messageOf(thrown));
    });
  }

  /** Gets the bundles of jobs that are not over, where they are not here. */
  gatherBundles(): void {
    const jobs = [...this.#machine.state.jobs.values()].filter((job) => job.ended === undefined);
    void this.groupBundles.gather(jobs.map(({ spec }) => spec.bundle));
  }

  /** Hands the lead over, if there is somebody to take it, so that the others need no election. */
  async handOver(): Promise<void> {
    const { raft } = this.replica.status();
    const able = raft.peers
      .filter(({ id, isHeard }) => isHeard && raft.membership.voters.includes(id))
      .sort((a, b) => b.matchIndex - a.matchIndex);
    const [next] = able;
    if (raft.role !== "leader" || next === undefined) return;
    await this.replica.transferLeadership(next.id, HAND_OVER_MS).catch(() => {});
  }

  async close(): Promise<void> {
    this.groupBundles.close();
    await this.reign.close();
    await this.#replica?.close();
    await this.#transport.close();
    await this.#data.close();
  }

  #lead(term: Term): Leader {
    const { pingIntervalMs, pingTimeoutMs, onEvent, onBug } = this.#options;
    return new Leader({
      ...{ term, pingIntervalMs, pingTimeoutMs, onEvent, onBug },
      state: this.#machine.state,
      log: replicatedLog(this.replica),
      bundleOf: (hash, signal) => this.groupBundles.obtain(hash, signal),
      drive: (data, onMessage) => new Driver(data, onMessage),
      clock: { nowMs: () => performance.now(), wallMs: () => Date.now() },
      randomHex: (bytes) => randomBytes(bytes).toString("hex"),
    });
  }
}
