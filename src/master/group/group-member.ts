/**
 * A member of the masters' group: what the group has agreed on, in a log and in memory, and the leader
 * that this member is while it is elected. It knows no folders, sockets, threads and timers but those
 * that it is given: the simulator runs it as it is.
 *
 *     Replica ─▶ ClusterMachine ─▶ effects ─▶ Leader, while this member leads
 *        ▲                                      │
 *        └─────────────── commands ─────────────┘
 */

import type { Cancel } from "../../base/clock.ts";
import type { MemberId, Term } from "../../base/ids.ts";
import type { Message } from "../../raft/message.ts";
import type { ReplicaClock } from "../../replica/clock.ts";
import type { ReplicaObserver, ReplicaOptions } from "../../replica/options.ts";
import type { Replica } from "../../replica/replica.ts";
import type { Transport } from "../../replica/transport.ts";
import type { Address } from "../../rpc/security/address.ts";
import { PLAN_INTERVAL_MS } from "../../scheduler/plan.ts";
import type { LeaderClock } from "../leader/active-job.ts";
import { Leader, type LeaderOptions } from "../leader/leader.ts";
import { ClusterMachine } from "../state/cluster-machine.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { MemberAddresses } from "./member-addresses.ts";
import { Reign } from "./reign.ts";
import { replicatedLog } from "./replicated-log.ts";

/** What a replica is started with that its member says. */
export type MemberReplicaOptions = Pick<
  ReplicaOptions,
  "member" | "transport" | "observer" | "onLogged"
> & { readonly machine: ClusterMachine; readonly clock: ReplicaClock };

/** Who the member is, and the world that it is in. */
export interface GroupMemberOptions extends Omit<LeaderOptions, "state" | "log" | "term"> {
  readonly member: MemberId;
  /** Where the group's first members are called; empty for a group of one. */
  readonly peers: ReadonlyMap<MemberId, Address>;
  readonly clock: ReplicaClock & LeaderClock;
  readonly transport: (addresses: MemberAddresses) => Transport;
  readonly startReplica: (options: MemberReplicaOptions) => Promise<Replica>;
}

/** How long a member that ends waits for another one to take the lead. */
const HAND_OVER_MS = 1500;

/** See the head of this file. */
export class GroupMember {
  readonly id: MemberId;
  readonly addresses: MemberAddresses;
  readonly reign: Reign;
  readonly #options: GroupMemberOptions;
  readonly #machine: ClusterMachine;
  #replica: Replica | undefined;
  #stopTicking: readonly Cancel[] = [];

  /** Throws what `startReplica` does. */
  static async start(options: GroupMemberOptions): Promise<GroupMember> {
    const self = new GroupMember(options);
    await self.#begin();
    return self;
  }

  private constructor(options: GroupMemberOptions) {
    const { member, peers, onEvent } = options;
    this.#options = options;
    this.id = member;
    this.#machine = new ClusterMachine((effects) => this.reign.applied(effects));
    this.addresses = new MemberAddresses(peers, () => this.state);
    const lead = (term: Term): Leader => this.#lead(term);
    this.reign = new Reign({ member, addresses: this.addresses, lead, onEvent });
  }

  async #begin(): Promise<void> {
    const { member, clock, transport, startReplica, pingIntervalMs } = this.#options;
    const { onEvent, onBug } = this.#options;
    const observer: ReplicaObserver = {
      onLeading: (term) => this.reign.begin(term),
      onFollowing: (leader, term) => this.reign.end({ leader, term }),
      onRecovered: () => onEvent("recovered", "This master has its vote."),
      onRemoved: () => onEvent("removed", "The group goes on without this master: end it."),
      onTrouble: (words) => onEvent("trouble", words),
      onFatal: onBug,
    };
    this.#replica = await startReplica({
      ...{ member, clock, observer, machine: this.#machine },
      transport: transport(this.addresses),
      onLogged: (command) => this.addresses.logged(command),
    });
    if (this.replica.status().raft.isRecovering) {
      const words = "It has no vote before its group begins, or has told it all that there is.";
      onEvent("recovering", `This master has nothing yet, or has lost something. ${words}`);
    }
    this.#stopTicking = [
      clock.every(pingIntervalMs, () => this.reign.leader?.roster.tick()),
      clock.every(PLAN_INTERVAL_MS, () => this.reign.leader?.tick()),
    ];
  }

  get replica(): Replica {
    return this.#replica!;
  }

  /** Another object after a snapshot was taken in. */
  get state(): ClusterState {
    return this.#machine.state;
  }

  /** Another member says something, and where it is called, if it may not be known. */
  receive(message: Message, address: string | undefined): void {
    this.addresses.heard(message.from, address);
    this.#replica?.receive(message);
  }

  /**
   * Hands the lead over, if it has it and somebody can take it, so that the others need no election.
   * True if somebody has.
   */
  async handOver(): Promise<boolean> {
    const { raft } = this.replica.status();
    const [next] = raft.peers
      .filter(({ id, isHeard }) => isHeard && raft.membership.voters.includes(id))
      .sort((a, b) => b.matchIndex - a.matchIndex);
    if (raft.role !== "leader" || next === undefined) return false;
    return await this.replica.transferLeadership(next.id, HAND_OVER_MS).then(
      () => true,
      () => false,
    );
  }

  /** Ends without a word to the group. The log stays its opener's. */
  async close(): Promise<void> {
    for (const stop of this.#stopTicking) stop();
    await this.reign.close();
    await this.#replica?.close();
  }

  #lead(term: Term): Leader {
    const log = replicatedLog(this.replica);
    return new Leader({ ...this.#options, state: this.state, log, term });
  }
}
