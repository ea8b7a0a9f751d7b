/**
 * This master as one of its group, in the real world: its folder, its connections to the others, the
 * bundles of jobs, and the member that all of it is for.
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { messageOf } from "../../base/error.ts";
import type { MemberId } from "../../base/ids.ts";
import { REAL_REPLICA_CLOCK } from "../../replica/clock.ts";
import { DataFolder } from "../../replica/data-folder.ts";
import { GrpcTransport } from "../../replica/grpc-transport.ts";
import { Replica } from "../../replica/replica.ts";
import type { Address } from "../../rpc/security/address.ts";
import type { TlsIdentity } from "../../rpc/security/tls-identity.ts";
import type { Token } from "../../rpc/security/token.ts";
import { LOG_FOLDER } from "../../storage/file-names.ts";
import { BundleFolder } from "../bundle-folder.ts";
import { Driver } from "../driver/driver.ts";
import { GroupBundles } from "./group-bundles.ts";
import { GroupMember } from "./group-member.ts";

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

/** See the head of this file. */
export class Group {
  readonly bundles: BundleFolder;
  readonly groupBundles: GroupBundles;
  readonly #options: GroupOptions;
  readonly #data: DataFolder;
  #self: GroupMember | undefined;
  #transport: GrpcTransport | undefined;

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
    const { member, tls, token } = options;
    this.#options = options;
    this.#data = data;
    this.bundles = bundles;
    this.groupBundles = new GroupBundles({
      ...{ bundles, member, tls, token, onTrouble: (words) => this.#trouble(words) },
      voters: () => this.self.replica.status().raft.membership.voters,
      addressOf: (id) => this.self.addresses.of(id),
    });
  }

  async #begin(): Promise<void> {
    const { member, tls, token } = this.#options;
    this.#self = await GroupMember.start({
      ...this.#options,
      clock: { ...REAL_REPLICA_CLOCK, wallMs: () => Date.now() },
      randomHex: (bytes) => randomBytes(bytes).toString("hex"),
      bundleOf: (hash, signal) => this.groupBundles.obtain(hash, signal),
      drive: (data, onMessage) => new Driver(data, onMessage),
      startReplica: (options) => Replica.start({ ...options, log: this.#data.log }),
      transport: (addresses) => {
        this.#transport = new GrpcTransport({
          ...{ tls, token, onTrouble: (words) => this.#trouble(words) },
          addressOf: (id) => addresses.of(id),
          ownAddress: () => addresses.textOf(member) || undefined,
        });
        return this.#transport;
      },
    });
  }

  get self(): GroupMember {
    return this.#self!;
  }

  /** Removes bundles that no job needs any more that is known. */
  sweepBundles(): void {
    const jobs = [...this.self.state.jobs.values()];
    const inUse = new Set(jobs.map(({ spec }) => spec.bundle));
    this.bundles.sweep(inUse, performance.now()).catch((thrown) => {
      this.#trouble(messageOf(thrown));
    });
  }

  /** Gets the bundles of jobs that are not over, where they are not here. */
  gatherBundles(): void {
    const jobs = [...this.self.state.jobs.values()].filter((job) => job.ended === undefined);
    void this.groupBundles.gather(jobs.map(({ spec }) => spec.bundle));
  }

  async close(): Promise<void> {
    this.groupBundles.close();
    await this.#self?.close();
    await this.#transport?.close();
    await this.#data.close();
  }

  #trouble(words: string): void {
    this.#options.onEvent("trouble", words);
  }
}
