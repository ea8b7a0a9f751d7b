/**
 * A group of members in real folders, in one process, that speak over memory or over gRPC on loopback.
 * A member that is ended says nothing to the others: to them it has died.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MemberId, memberId, type Term } from "../../../src/base/ids.ts";
import type { Membership } from "../../../src/raft/log-entry.ts";
import { membershipOf } from "../../../src/raft/membership.ts";
import type { Message } from "../../../src/raft/message.ts";
import { openReplicaLog } from "../../../src/replica/data-folder.ts";
import { GrpcTransport, raftServiceOf } from "../../../src/replica/grpc-transport.ts";
import type { ReplicaOptions } from "../../../src/replica/options.ts";
import { Replica } from "../../../src/replica/replica.ts";
import type { Address } from "../../../src/rpc/security/address.ts";
import { RpcServer } from "../../../src/rpc/server/rpc-server.ts";
import { FolderDisk } from "../../../src/storage/disk/folder-disk.ts";
import type { DurableLog } from "../../../src/storage/durable-log.ts";
import { Bell } from "../../support/bell.ts";
import { MapMachine } from "./map-machine.ts";
import { ObservedDisk } from "./observed-disk.ts";

export type Wiring = "memory" | "gRPC";

/** What of the members a test decides. */
export type GroupSettings = Partial<
  Pick<ReplicaOptions, "tickMs" | "electionTicks" | "limits" | "raftLimits">
>;

/** A life of a member. */
export class Member {
  readonly id: MemberId;
  readonly machine: MapMachine;
  readonly disk: ObservedDisk;
  /** "leading 3", "following 2 4", "removed", as they were told. */
  readonly told: string[] = [];
  readonly troubles: string[] = [];
  readonly fatal: unknown[] = [];
  readonly log: DurableLog;
  replica!: Replica;
  actsIn: Term | undefined;
  end: () => Promise<void> = async () => {};

  constructor(id: MemberId, disk: ObservedDisk, log: DurableLog, bell: Bell) {
    this.id = id;
    this.disk = disk;
    this.log = log;
    this.machine = new MapMachine(bell);
  }
}

export class Group {
  readonly bell = new Bell();
  readonly members = new Map<number, Member>();
  readonly #root: string;
  readonly #wiring: Wiring;
  readonly #settings: GroupSettings;
  readonly #addresses = new Map<MemberId, Address>();
  /** Nothing gets through to these, or from them. */
  readonly cut = new Set<number>();
  /** What becomes of a message on its way through memory. */
  tamper = (message: Message): Message => message;

  private constructor(root: string, wiring: Wiring, settings: GroupSettings) {
    this.#root = root;
    this.#wiring = wiring;
    this.#settings = { tickMs: 20, ...settings };
  }

  static async make(wiring: Wiring = "memory", settings: GroupSettings = {}): Promise<Group> {
    return new Group(await mkdtemp(join(tmpdir(), "sheaf-replica-")), wiring, settings);
  }

  folderOf(id: number): string {
    return join(this.#root, `member-${id}`);
  }

  async startAll(count: number): Promise<void> {
    const ids = Array.from({ length: count }, (_, i) => i + 1);
    for (const id of ids) await this.start(id, membershipOf(ids));
    // Until then each counts as one whose disk is gone.
    await this.bell.until(() => [...this.members.values()].every(({ log }) => !log.isRecovering));
  }

  /** Starts a member, for the first time or again. */
  async start(id: number, membership: Membership = membershipOf([])): Promise<Member> {
    await FolderDisk.make(this.folderOf(id));
    const disk = new ObservedDisk(this.folderOf(id));
    const identity = { cluster: "test", member: memberId(id) };
    const { log } = await openReplicaLog(disk, { identity, membership });
    const member = new Member(memberId(id), disk, log, this.bell);
    const { send, end } = await this.#wire(member);
    member.end = async () => {
      this.members.delete(id);
      await end();
      await member.replica.close();
      await member.log.close().catch((thrown: unknown) => {
        // A log whose disk has failed says so again.
        if (member.fatal[0] !== thrown) throw thrown;
      });
    };
    this.members.set(id, member);
    member.replica = await Replica.start({
      ...this.#settings,
      member: member.id,
      log,
      machine: member.machine,
      transport: { send },
      observer: this.#observer(member),
    });
    return member;
  }

  /** The member that leads and may act, as soon as there is one but those that are cut off. */
  async leader(): Promise<Member> {
    const find = () =>
      [...this.members.values()].find(({ id, actsIn }) => actsIn && !this.cut.has(id));
    await this.bell.until(() => find() !== undefined);
    return find()!;
  }

  async followers(): Promise<Member[]> {
    const { id } = await this.leader();
    return [...this.members.values()].filter((member) => member.id !== id);
  }

  /** Resolves when all members have applied the same, and as much as any of them. */
  async settled(): Promise<void> {
    const all = () => [...this.members.values()];
    await this.bell.until(() => {
      const states = all().map(({ replica }) => replica.status());
      const last = Math.max(...states.map(({ raft }) => raft.lastIndex));
      return states.every(({ appliedIndex }) => appliedIndex === last);
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.members.values()].map((member) => member.end()));
    await rm(this.#root, { recursive: true });
  }

  #observer(member: Member): ReplicaOptions["observer"] {
    const tell = (what: string): void => {
      member.told.push(what);
      this.bell.ring();
    };
    return {
      onLeading: (term) => {
        member.actsIn = term;
        tell(`leading ${term}`);
      },
      onFollowing: (leader, term) => {
        member.actsIn = undefined;
        tell(`following ${leader ?? "nobody"} ${term}`);
      },
      onRemoved: () => tell("removed"),
      onTrouble: (trouble) => {
        member.troubles.push(trouble);
        this.bell.ring();
      },
      onFatal: (error) => {
        member.actsIn = undefined;
        member.fatal.push(error);
        this.bell.ring();
      },
    };
  }

  async #wire(member: Member): Promise<{
    send: (message: Message) => void;
    end: () => Promise<void>;
  }> {
    const passes = ({ from, to }: Message): boolean => !this.cut.has(from) && !this.cut.has(to);
    if (this.#wiring === "memory") {
      const deliver = (message: Message): void => {
        this.members.get(message.to)?.replica?.receive(message);
        this.bell.ring();
      };
      const send = (message: Message): void => {
        if (passes(message)) setImmediate(deliver, this.tamper(message));
      };
      return { send, end: async () => {} };
    }
    const server = await RpcServer.listen({
      address: this.#addresses.get(member.id) ?? { host: "127.0.0.1", port: 0 },
      tls: undefined,
      token: undefined,
      services: [
        raftServiceOf((message) => {
          if (passes(message)) member.replica.receive(message);
          this.bell.ring();
        }),
      ],
    });
    this.#addresses.set(member.id, server.address);
    const transport = new GrpcTransport({
      addressOf: (id) => this.#addresses.get(id),
      tls: undefined,
    });
    const end = async (): Promise<void> => {
      await transport.close();
      await server.close(0);
    };
    return { send: (message) => transport.send(message), end };
  }
}
