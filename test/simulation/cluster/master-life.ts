/**
 * One process of a master: what src/master/master.ts puts together, with the simulated world in the
 * place of sockets, threads, timers and disks. Nothing in it is a double: replica, log, machine,
 * reign, leader and the calls of clients are the product's own.
 */

import { SheafError } from "../../../src/base/error.ts";
import type { MemberId } from "../../../src/base/ids.ts";
import { MemberAddresses } from "../../../src/master/group/member-addresses.ts";
import { Reign } from "../../../src/master/group/reign.ts";
import { replaceMember } from "../../../src/master/group/replace-member.ts";
import { replicatedLog } from "../../../src/master/group/replicated-log.ts";
import { Leader } from "../../../src/master/leader/leader.ts";
import { JobCalls } from "../../../src/master/services/job-calls.ts";
import { converse } from "../../../src/master/services/worker-stream.ts";
import { ClusterMachine } from "../../../src/master/state/cluster-machine.ts";
import type { Message } from "../../../src/raft/message.ts";
import { Replica } from "../../../src/replica/replica.ts";
import { OutgoingQueue } from "../../../src/rpc/outgoing-queue.ts";
import { parseAddress } from "../../../src/rpc/security/address.ts";
import type { Replacement } from "../../../src/rpc/wire/cluster.ts";
import type { FromMaster } from "../../../src/rpc/wire/from-master.ts";
import type { FromWorker } from "../../../src/rpc/wire/from-worker.ts";
import { PLAN_INTERVAL_MS } from "../../../src/scheduler/plan.ts";
import type { DurableLog } from "../../../src/storage/durable-log.ts";
import type { ConsensusCheck } from "../checks/consensus.ts";
import type { Ledger } from "../checks/ledger.ts";
import { watchLog, watchMachine } from "../checks/watch-master.ts";
import type { End } from "../world/connection.ts";
import type { Process } from "../world/host.ts";
import type { MountedFolder } from "../world/mounted-folder.ts";
import type { Network } from "../world/network.ts";
import type { Directory } from "./directory.ts";
import type { Setup } from "./setup.ts";
import { SimulatedDriver } from "./simulated-driver.ts";

/** What a life is made of. */
export interface MasterLifeOptions {
  readonly process: Process;
  readonly member: MemberId;
  readonly address: string;
  /** Where the group's first members are. */
  readonly peers: ReadonlyMap<MemberId, string>;
  readonly setup: Setup;
  readonly network: Network;
  readonly directory: Directory;
  readonly folder: MountedFolder;
  readonly ledger: Ledger;
  readonly check: ConsensusCheck;
  /** The process cannot go on: its disk is full, or fails. */
  readonly onFatal: (error: unknown) => void;
}

const BUNDLE_MS = 5;
const HAND_OVER_MS = 1500;

/** See the head of this file. */
export class MasterLife {
  readonly member: MemberId;
  readonly process: Process;
  readonly replica: Replica;
  readonly reign: Reign;
  readonly calls: JobCalls;
  readonly machine: ClusterMachine;
  readonly #addresses: MemberAddresses;

  static async start(options: MasterLifeOptions, log: DurableLog): Promise<MasterLife> {
    const { process, member, setup, check, onFatal } = options;
    const { world } = process;
    const chance = world.chance(`master ${process.host.name} at ${world.nowMs}`);
    const random = () => chance.share();
    const machine = new ClusterMachine((effects) => reign.applied(effects));
    const addresses = new MemberAddresses(peersOf(options), () => machine.state);
    const reign: Reign = new Reign({
      member,
      addresses,
      lead: (term) =>
        new Leader({
          state: machine.state,
          log: replicatedLog(replica),
          term,
          bundleOf: () => process.wait(BUNDLE_MS).then(() => new Uint8Array(0)),
          drive: (data, onMessage) => new SimulatedDriver(options, data, onMessage),
          clock: { nowMs: () => process.nowMs(), wallMs: () => process.wallMs() },
          randomHex: (bytes) => chance.bytes(bytes).toString("hex"),
          pingIntervalMs: setup.pingIntervalMs,
          pingTimeoutMs: setup.pingTimeoutMs,
          onEvent: (what) => world.note(process.host.name, what),
          // It hears of a disk that fails, too, by what it has proposed.
          onBug: onFatal,
        }),
      onEvent: (what, words) => world.note(process.host.name, what, words),
    });
    watchLog(check, member, log);
    const replica: Replica = await Replica.start({
      member,
      log,
      machine: watchMachine(check, member, machine),
      transport: { send: (message) => send(options, addresses, message) },
      onLogged: (command) => addresses.logged(command),
      observer: {
        onLeading: (term) => {
          check.leads(member, term);
          reign.begin(term);
          if (options.directory.leaders.length > 1) world.sometimes.saw("two leaders at once");
        },
        onFollowing: (leader, term) => {
          if (reign.leader !== undefined && replica.status().proposals > 0) {
            world.sometimes.saw("stepped down with entries in flight");
          }
          reign.end({ leader, term });
        },
        onTrouble: (words) => world.note(process.host.name, "trouble", words),
        onFatal,
      },
      clock: process,
      random,
      electionTicks: setup.electionTicks,
      raftLimits: setup.raftLimits,
      limits: setup.replicaLimits,
    });
    return new MasterLife(options, { replica, reign, machine, addresses });
  }

  private constructor(
    { process, member, setup }: MasterLifeOptions,
    parts: Pick<MasterLife, "replica" | "reign" | "machine"> & {
      readonly addresses: MemberAddresses;
    },
  ) {
    const { replica, reign } = parts;
    this.process = process;
    this.member = member;
    this.replica = replica;
    this.reign = reign;
    this.machine = parts.machine;
    this.#addresses = parts.addresses;
    this.calls = new JobCalls({ reign, replica, spread: () => process.wait(BUNDLE_MS) });
    process.every(setup.pingIntervalMs, () => reign.leader?.roster.tick());
    process.every(PLAN_INTERVAL_MS, () => reign.leader?.tick());
  }

  /** Another master says something, and where it is called. */
  receive(message: Message, address: string): void {
    this.#addresses.heard(message.from, address);
    this.replica.receive(message);
  }

  get leads(): boolean {
    return this.reign.leader !== undefined;
  }

  /** A worker's stream has been opened. */
  converse(end: End<FromMaster, FromWorker>): void {
    const heard = new OutgoingQueue<FromWorker>(100_000);
    end.listen({ hear: (said) => heard.push(said), ended: () => heard.end() });
    const { world } = this.process;
    const talk = async (): Promise<void> => {
      for await (const said of converse(this.reign, heard)) end.say(said);
    };
    // Whoever does not lead ends the stream; so does one that has said all.
    talk().then(
      () => end.close(),
      (thrown: unknown) => {
        if (!isExpected(thrown)) world.fail(thrown);
        end.close();
      },
    );
  }

  /** Puts a new master in the place of another. */
  async replace(replacement: Replacement): Promise<void> {
    this.reign.leading();
    const { process } = this;
    const wait = (ms: number, signal?: AbortSignal) => process.wait(ms, signal);
    await replaceMember(this.replica, replacement, { random: () => 0.5, wait });
  }

  /** Hands the lead over, if it has it and somebody can take it; as a master does that ends. */
  async handOver(): Promise<void> {
    const { raft } = this.replica.status();
    const next = raft.peers
      .filter(({ id, isHeard }) => isHeard && raft.membership.voters.includes(id))
      .sort((a, b) => b.matchIndex - a.matchIndex)[0];
    if (raft.role !== "leader" || next === undefined) return;
    const { sometimes } = this.process.world;
    await this.replica.transferLeadership(next.id, HAND_OVER_MS).then(
      () => sometimes.saw("lead handed over"),
      () => {},
    );
  }
}

function peersOf({ peers }: MasterLifeOptions) {
  return new Map([...peers].map(([id, text]) => [id, parseAddress("a peer", text)]));
}

function send(
  { process, network, directory, check, address }: MasterLifeOptions,
  addresses: MemberAddresses,
  message: Message,
): void {
  check.sends(message);
  const to = directory.masters.get(addresses.textOf(message.to));
  if (to === undefined) return;
  network.send(process, to.host, () => {
    process.world.note(to.host.name, message.type, message.from, message.term);
    to.life?.receive(message, address);
  });
}

function isExpected(thrown: unknown): boolean {
  return thrown instanceof SheafError && thrown.code === "NOT_LEADER";
}
