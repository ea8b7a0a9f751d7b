/**
 * A whole cluster in one thread: masters, workers, clients and an administrator, each on a host of its
 * own, with the checks that watch them.
 */

import { type MemberId, memberId } from "../../../src/base/ids.ts";
import { ConsensusCheck } from "../checks/consensus.ts";
import { History } from "../checks/history.ts";
import { Ledger } from "../checks/ledger.ts";
import { SchedulingCheck } from "../checks/scheduling.ts";
import { Host } from "../world/host.ts";
import { MountedFolder } from "../world/mounted-folder.ts";
import { Network } from "../world/network.ts";
import type { World } from "../world/world.ts";
import { Administrator } from "./administrator.ts";
import { Directory } from "./directory.ts";
import { drawSetup, type Setup } from "./setup.ts";
import { SimulatedClient } from "./simulated-client.ts";
import { SimulatedMaster } from "./simulated-master.ts";
import { SimulatedWorker } from "./simulated-worker.ts";

/** See the head of this file. */
export class Cluster {
  readonly world: World;
  readonly setup: Setup;
  readonly network: Network;
  readonly directory = new Directory();
  readonly folder = new MountedFolder();
  readonly history = new History();
  readonly ledger: Ledger;
  readonly scheduling: SchedulingCheck;
  readonly consensus: ConsensusCheck;
  readonly clients: readonly SimulatedClient[];
  readonly workers: readonly SimulatedWorker[];
  readonly administrator: Administrator;
  /** All hosts, for the network to be cut between. */
  readonly hosts: Host[] = [];
  readonly #peers: ReadonlyMap<MemberId, string>;

  constructor(world: World) {
    this.world = world;
    const setup = drawSetup(world.chance("setup"));
    this.setup = setup;
    this.network = new Network(world);
    this.ledger = new Ledger(world);
    this.scheduling = new SchedulingCheck(world, this.ledger);
    const members = numbered(setup.masters, (i) => memberId(i + 1));
    this.#peers = new Map(members.map((member) => [member, addressOf(member)]));
    const votersOf = (member: MemberId): readonly MemberId[] =>
      this.directory.masters.get(addressOf(member))?.life?.replica.status().raft.membership
        .voters ?? [];
    const onCommitted = (command: Uint8Array): void => this.scheduling.committed(command);
    this.consensus = new ConsensusCheck(world, members, votersOf, onCommitted);
    for (const member of members) this.#addMaster(member, false);
    this.workers = numbered(setup.workers, (i) => this.#worker(i + 1));
    this.clients = numbered(setup.clients, (i) => this.#client(i + 1));
    this.administrator = new Administrator({
      host: this.#host("administrator"),
      network: this.network,
      directory: this.directory,
      atOnce: setup.replacementsAtOnce,
      add: (member) => this.#addMaster(member, true),
    });
  }

  /** Those that are, or are to be, of the group. */
  get masters(): readonly SimulatedMaster[] {
    return [...this.directory.masters.values()].filter(({ isRetired }) => !isRetired);
  }

  start(): void {
    for (const master of this.masters) master.start();
    for (const worker of this.workers) worker.start();
    for (const client of this.clients) client.start();
  }

  /** All that was to be done is done, and all masters know it. */
  get isAtRest(): boolean {
    const index = this.consensus.committedIndex;
    return (
      !this.administrator.isBusy &&
      this.masters.every(({ life }) => (life?.replica.status().raft.appliedIndex ?? 0) >= index)
    );
  }

  /** Every job that anybody wanted has ended. */
  get hasEndedAllJobs(): boolean {
    if (!this.clients.every(({ hasSubmittedAll }) => hasSubmittedAll)) return false;
    return [...this.scheduling.state.jobs.values()].every(({ ended }) => ended !== undefined);
  }

  /** Where everybody stands, for whoever looks for a bug. */
  describe(): string {
    const masters = this.masters.map(({ member, life, host }) => {
      if (life === undefined)
        return `m${member} ${host.isUp ? "has not opened its log" : "is down"}`;
      const { raft, proposals } = life.replica.status();
      const { role, term, lastIndex, commitIndex, appliedIndex, membership, isRecovering } = raft;
      return (
        `m${member} ${role} term=${term} last=${lastIndex} commit=${commitIndex} ` +
        `applied=${appliedIndex} voters=${membership.voters.join("+")} ` +
        `learners=${membership.learners.join("+")} proposals=${proposals}` +
        `${isRecovering ? " recovering" : ""}${host.isStopped ? " stopped" : ""}`
      );
    });
    const jobs = [...this.scheduling.state.jobs.values()].map(
      ({ id, spec, standing, current }) =>
        `${id} ${spec.name} ${standing} step=${current?.label.step ?? "none"}`,
    );
    const isBusy = this.administrator.isBusy ? ["a master is being replaced"] : [];
    return [`committed=${this.consensus.committedIndex}`, ...isBusy, ...masters, ...jobs].join(
      "\n",
    );
  }

  #addMaster(member: MemberId, joins: boolean): SimulatedMaster {
    const address = addressOf(member);
    const master = new SimulatedMaster({
      ...{ host: this.#host(`m${member}`), member, address, joins, peers: this.#peers },
      ...{ setup: this.setup, network: this.network, directory: this.directory },
      ...{ folder: this.folder, ledger: this.ledger, check: this.consensus },
    });
    this.directory.masters.set(address, master);
    return master;
  }

  #worker(number: number): SimulatedWorker {
    const address = `w${number}:1`;
    const { setup, network, directory, folder, ledger } = this;
    const host = this.#host(`w${number}`);
    const options = { host, address, setup, network, directory, folder, ledger };
    const worker = new SimulatedWorker(options);
    directory.workers.set(address, worker);
    return worker;
  }

  #client(number: number): SimulatedClient {
    const { network, directory, history, ledger, setup } = this;
    const host = this.#host(`c${number}`);
    return new SimulatedClient({ host, network, directory, history, ledger, jobs: setup.jobs });
  }

  #host(name: string): Host {
    const host = new Host(this.world, name);
    this.hosts.push(host);
    return host;
  }
}

function addressOf(member: MemberId): string {
  return `m${member}:1`;
}

function numbered<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
