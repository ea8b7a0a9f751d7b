/**
 * One process of a master: the product's own member of a group (src/master/group/group-member.ts) with
 * the simulated world in the place of sockets, threads, timers and disks.
 */

import { SheafError } from "../../../src/base/error.ts";
import type { MemberId } from "../../../src/base/ids.ts";
import { GroupMember, type MemberReplicaOptions } from "../../../src/master/group/group-member.ts";
import type { MemberAddresses } from "../../../src/master/group/member-addresses.ts";
import { replaceMember } from "../../../src/master/group/replace-member.ts";
import { JobCalls } from "../../../src/master/services/job-calls.ts";
import { converse } from "../../../src/master/services/worker-stream.ts";
import type { Message } from "../../../src/raft/message.ts";
import type { ReplicaOptions } from "../../../src/replica/options.ts";
import { Replica } from "../../../src/replica/replica.ts";
import { OutgoingQueue } from "../../../src/rpc/outgoing-queue.ts";
import { parseAddress } from "../../../src/rpc/security/address.ts";
import type { Replacement } from "../../../src/rpc/wire/cluster.ts";
import type { FromMaster } from "../../../src/rpc/wire/from-master.ts";
import type { FromWorker } from "../../../src/rpc/wire/from-worker.ts";
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

/** See the head of this file. */
export class MasterLife {
  readonly process: Process;
  readonly calls: JobCalls;
  readonly #self: GroupMember;

  static async start(options: MasterLifeOptions, log: DurableLog): Promise<MasterLife> {
    const { process, member, setup, onFatal } = options;
    const { world } = process;
    const chance = world.chance(`master ${process.host.name} at ${world.nowMs}`);
    const random = () => chance.share();
    watchLog(options.check, member, log);
    const self = await GroupMember.start({
      ...{ member, peers: peersOf(options), clock: process },
      pingIntervalMs: setup.pingIntervalMs,
      pingTimeoutMs: setup.pingTimeoutMs,
      randomHex: (bytes) => chance.bytes(bytes).toString("hex"),
      bundleOf: () => process.wait(BUNDLE_MS).then(() => new Uint8Array(0)),
      drive: (data, onMessage) => new SimulatedDriver(options, data, onMessage),
      transport: (addresses) => ({ send: (message) => send(options, addresses, message) }),
      startReplica: (parts) => startReplica(options, { ...parts, log, random }),
      onEvent: (what, words) => world.note(process.host.name, what, words),
      // A leader hears of a disk that fails, too, by what it has proposed.
      onBug: onFatal,
    });
    return new MasterLife(options, self);
  }

  private constructor({ process }: MasterLifeOptions, self: GroupMember) {
    const { replica, reign } = self;
    this.process = process;
    this.#self = self;
    this.calls = new JobCalls({ reign, replica, spread: () => process.wait(BUNDLE_MS) });
  }

  get replica(): Replica {
    return this.#self.replica;
  }

  /** Another master says something, and where it is called. */
  receive(message: Message, address: string): void {
    this.#self.receive(message, address);
  }

  get leads(): boolean {
    return this.#self.reign.leader !== undefined;
  }

  /** A worker's stream has been opened. */
  converse(end: End<FromMaster, FromWorker>): void {
    const heard = new OutgoingQueue<FromWorker>(100_000);
    end.listen({ hear: (said) => heard.push(said), ended: () => heard.end() });
    const { world } = this.process;
    const talk = async (): Promise<void> => {
      for await (const said of converse(this.#self.reign, heard)) end.say(said);
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
    this.#self.reign.leading();
    const { process } = this;
    const wait = (ms: number, signal?: AbortSignal) => process.wait(ms, signal);
    await replaceMember(this.#self, replacement, { random: () => 0.5, wait });
  }

  /** Hands the lead over, if it has it and somebody can take it; as a master does that ends. */
  async handOver(): Promise<void> {
    if (await this.#self.handOver()) this.process.world.sometimes.saw("lead handed over");
  }
}

/** The replica, with a check that sees what it is told and what it tells. */
async function startReplica(
  { process, member, setup, check, directory }: MasterLifeOptions,
  parts: MemberReplicaOptions & Pick<ReplicaOptions, "log" | "random">,
): Promise<Replica> {
  const { sometimes } = process.world;
  const { observer } = parts;
  let leads = false;
  const replica: Replica = await Replica.start({
    ...parts,
    machine: watchMachine(check, member, parts.machine),
    observer: {
      ...observer,
      onLeading: (term) => {
        check.leads(member, term);
        leads = true;
        observer.onLeading(term);
        if (directory.leaders.length > 1) sometimes.saw("two leaders at once");
      },
      onFollowing: (leader, term) => {
        if (leads && replica.status().proposals > 0) {
          sometimes.saw("stepped down with entries in flight");
        }
        leads = false;
        observer.onFollowing(leader, term);
      },
    },
    electionTicks: setup.electionTicks,
    raftLimits: setup.raftLimits,
    limits: setup.replicaLimits,
  });
  return replica;
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
