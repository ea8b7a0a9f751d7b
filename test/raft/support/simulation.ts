/**
 * A group of members through all that can happen to it, in an order that follows from a seed:
 * messages that are lost, late, twice and out of order, cut links, crashes between and within
 * writes, lost disks, changes of the members, compaction, snapshots, transfers of leadership, reads.
 * Then everything is healed, and the group must get on.
 */

import type { LogIndex, MemberId, Term } from "../../../src/base/ids.ts";
import { isMember, membershipOf, membersOf, NO_MEMBERS } from "../../../src/raft/membership.ts";
import type { Message } from "../../../src/raft/message.ts";
import type { Persist } from "../../../src/raft/ready.ts";
import { seededRandom } from "../../../src/raft/seeded-random.ts";
import { Cluster } from "./cluster.ts";
import { RaftChecker } from "./raft-checker.ts";
import type { VirtualMember } from "./virtual-member.ts";
import { type Happening, pickHappening, type Weather, weatherOf } from "./weather.ts";

/** Small bounds, so that short runs meet all of them. */
const LIMITS = {
  appendBytesMax: 120,
  inFlightAppendsMax: 4,
  inFlightBytesMax: 400,
  uncommittedBytesMax: 1500,
  committedBytesMax: 200,
  chunkBytesMax: 16,
  chunksInFlightMax: 3,
  readsMax: 20,
  outboxMessagesMax: 100,
  membersMax: 7,
};

export interface SimulationResult {
  readonly committed: number;
  readonly readsServed: number;
  readonly leadersElected: number;
  readonly happenings: Readonly<Record<string, number>>;
}

export class Simulation {
  readonly #random: () => number;
  readonly #weather: Weather;
  readonly #checker = new RaftChecker();
  readonly #cluster: Cluster;
  readonly #proposals = new Map<MemberId, Map<LogIndex, Term>>();
  readonly #counts: Record<string, number> = {};
  #nextCommand = 1;
  #nextMember: number;

  constructor(seed: number, memberCount: number) {
    this.#random = seededRandom(seed);
    this.#weather = weatherOf(seed);
    const lives = seededRandom(seed ^ 0x5eed);
    this.#cluster = new Cluster(
      { limits: LIMITS, electionTicks: 10, heartbeatTicks: 1 + (seed % 3) },
      () => seededRandom(Math.floor(lives() * 2 ** 32)),
      {
        onReady: (member, ready) => this.#checker.onReady(member, ready),
        onRead: (member, outcome) => this.#checker.onRead(member, outcome),
      },
    );
    const ids = Array.from({ length: memberCount }, (_, i) => i + 1);
    for (const id of ids) this.#cluster.add(id, membershipOf(ids)).start();
    this.#nextMember = memberCount + 1;
  }

  /** Throws if anything is wrong at any time. */
  run(steps: number): SimulationResult {
    for (let i = 0; i < steps; i++) this.#happen(pickHappening(this.#weather, this.#random()));
    this.#healAndGetOn();
    for (const member of this.#cluster.up) this.#checker.checkMachine(member);
    const { committed, readsServed, leadersElected } = this.#checker;
    return {
      committed: committed.length,
      readsServed,
      leadersElected,
      happenings: this.#counts,
    };
  }

  #happen(happening: Happening): void {
    this.#count(happening);
    const { network } = this.#cluster;
    switch (happening) {
      case "deliver":
        return this.#deliver();
      case "lose":
        network.underWay.splice(this.#below(network.underWay.length), 1);
        return;
      case "duplicate":
        network.underWay.push(...network.underWay.slice(this.#below(network.underWay.length)));
        network.underWay.length = Math.min(network.underWay.length, 300);
        return;
      case "work":
        return this.#withUp((member) => this.#work(member));
      case "tick":
        return this.#withUp(({ raft }) => raft.tick());
      case "propose":
        return this.#propose();
      case "read":
        return this.#withUp((member) => this.#read(member));
      case "crash":
        return this.#withUp((member) => this.#crash(member));
      case "crashInWrite":
        return this.#withUp((member) => this.#crashInWrite(member));
      case "restart":
        return this.#pick(this.#down(), (member) => member.start());
      case "loseDisk":
        return this.#loseDisk();
      case "partition":
        return this.#partition();
      case "cut":
        return this.#cutLink();
      case "heal":
        return network.heal();
      case "compact":
        return this.#withUp((member) => member.isBusy || member.compact(this.#below(8)));
      case "change":
        return this.#changeMembers();
      case "transfer":
        return this.#transfer();
    }
  }

  /** Mostly in order, but any of the oldest few may overtake. */
  #deliver(): void {
    const { network } = this.#cluster;
    const place = this.#random() < 0.8 ? 0 : this.#below(Math.min(network.underWay.length, 12));
    const [message] = network.underWay.splice(place, 1);
    if (message === undefined) return;
    const receiver = this.#cluster.members.get(message.to);
    if (receiver?.isUp === true) receiver.raft.step(this.#perhapsDamaged(message));
  }

  #perhapsDamaged(message: Message): Message {
    if (message.type !== "snapshot-chunk" || message.data.length === 0) return message;
    if (this.#random() > 0.02) return message;
    this.#count("damage");
    return { ...message, data: message.data.map((byte) => byte ^ 1) };
  }

  /** One step of a `Ready`. */
  #work(member: VirtualMember): void {
    if (!member.isBusy) {
      if (member.raft.hasReady()) member.take();
    } else if (this.#random() < 0.2) member.sendMeanwhile();
    else this.#finish(member);
  }

  #finish(member: VirtualMember): void {
    const before = member.machine.appliedIndex;
    member.persist();
    member.finish();
    this.#acknowledge(member, before);
    if (this.#random() < 0.02) this.#checker.checkMachine(member);
  }

  /** Tells clients of their commands that the member has applied. */
  #acknowledge({ id, machine }: VirtualMember, after: LogIndex): void {
    const mine = this.#proposals.get(id);
    for (const { entry } of this.#checker.committed.slice(after, machine.appliedIndex)) {
      if (mine?.get(entry.index) === entry.term) this.#checker.onAcknowledged(entry.index);
    }
  }

  /** Mostly to a leader, as clients do once they know it. */
  #propose(): void {
    const { leader, up } = this.#cluster;
    const member = this.#random() < 0.8 ? leader : up[this.#below(up.length)];
    if (member === undefined) return;
    const { id, raft } = member;
    const result = raft.propose(new TextEncoder().encode(`c${this.#nextCommand++}`));
    if (!result.accepted) return;
    this.#count("accepted");
    const mine = this.#proposals.get(id) ?? new Map<LogIndex, Term>();
    this.#proposals.set(id, mine.set(result.index, result.term));
  }

  #read(member: VirtualMember): void {
    const ticket = member.raft.read();
    if (ticket.accepted) this.#checker.onReadAsked(member, ticket.id);
  }

  #crash(member: VirtualMember): void {
    this.#proposals.delete(member.id);
    member.crash();
  }

  /** A part of the write is on the disk, from its beginning. */
  #crashInWrite(member: VirtualMember): void {
    if (!member.isBusy) return;
    member.persistInPart((persist) => this.#tear(persist));
    this.#crash(member);
  }

  #tear(persist: Persist): Persist {
    const { hardState, chunks, entries } = persist;
    const nothing = { chunks: [], snapshot: undefined, truncateFrom: undefined, entries: [] };
    const stages: readonly Persist[] = [
      { ...nothing, hardState: undefined, recovered: false },
      { ...nothing, hardState, recovered: false },
      { ...nothing, hardState, recovered: false, chunks: chunks.slice(0, this.#below(9)) },
      { ...nothing, hardState, recovered: false, chunks, snapshot: persist.snapshot },
      { ...persist, entries: entries.slice(0, this.#below(entries.length + 1)), recovered: false },
      persist,
    ];
    return stages[this.#below(stages.length)]!;
  }

  /**
   * A group survives the loss of one log at a time, while the others are a majority in every
   * membership that any member may go by.
   */
  #loseDisk(): void {
    const all = [...this.#cluster.members.values()];
    if (all.some(({ disk }) => disk.isMarkedLost) || this.#smallestVoterCount() < 3) return;
    this.#pick(this.#down(), (member) => {
      this.#count("lostDisk");
      member.disk.lose();
    });
  }

  #smallestVoterCount(): number {
    const members = [...this.#cluster.members.values()];
    const counts = members.flatMap((member) => {
      const onDisk = member.disk.membership;
      const known = member.isUp ? [onDisk, member.raft.status().membership] : [onDisk];
      return known.map(({ voters }) => voters.length);
    });
    return Math.min(...counts.filter((count) => count > 0));
  }

  #partition(): void {
    const sides: [number[], number[]] = [[], []];
    for (const id of this.#cluster.members.keys()) sides[this.#random() < 0.5 ? 0 : 1].push(id);
    this.#cluster.network.partition(sides);
  }

  #cutLink(): void {
    const ids = [...this.#cluster.members.keys()];
    this.#cluster.network.cut(ids[this.#below(ids.length)]!, ids[this.#below(ids.length)]!);
  }

  #changeMembers(): void {
    const { leader } = this.#cluster;
    if (leader === undefined) return;
    const { membership, peers } = leader.raft.status();
    const { voters, learners } = membership;
    const isAnyLost = [...this.#cluster.members.values()].some(({ disk }) => disk.isMarkedLost);
    const ready = peers.find(({ id, isCaughtUp }) => learners.includes(id) && isCaughtUp);
    if (ready !== undefined) {
      leader.raft.changeMembership({ kind: "promote", member: ready.id });
    } else if (this.#random() < 0.5 && voters.length + learners.length < 6) {
      const joining = this.#cluster.add(this.#nextMember++, NO_MEMBERS);
      joining.start();
      leader.raft.changeMembership({ kind: "add-learner", member: joining.id });
    } else if (!isAnyLost && voters.length > 2) {
      const members = membersOf(membership);
      const member = members[this.#below(members.length)]!;
      leader.raft.changeMembership({ kind: "remove", member });
    }
  }

  #transfer(): void {
    const { leader } = this.#cluster;
    if (leader === undefined) return;
    const { voters } = leader.raft.status().membership;
    leader.raft.transferLeadership(voters[this.#below(voters.length)]!);
  }

  /** No more faults: within a bounded time all members must have all that was committed, and more. */
  #healAndGetOn(): void {
    const { network } = this.#cluster;
    network.heal();
    for (const member of this.#cluster.members.values()) if (!member.isUp) member.start();
    let goal: LogIndex | undefined;
    for (let round = 0; round < 600; round++) {
      for (const member of this.#cluster.up) {
        if (member.isBusy) this.#finish(member);
        member.raft.tick();
      }
      this.#cluster.settle();
      const { leader } = this.#cluster;
      if (leader === undefined) continue;
      if (goal === undefined) {
        const result = leader.raft.propose(new TextEncoder().encode("the last"));
        if (result.accepted) goal = result.index;
      } else if (this.#allHave(leader, goal)) return;
      else if (this.#isLost(goal)) goal = undefined;
    }
    throw new Error(`The group does not get on:\n${this.#describe()}`);
  }

  #isLost(goal: LogIndex): boolean {
    const entry = this.#checker.committed[goal - 1]?.entry;
    return entry !== undefined && new TextDecoder().decode(entry.data) !== "the last";
  }

  #allHave(leader: VirtualMember, goal: LogIndex): boolean {
    const { membership } = leader.raft.status();
    return this.#cluster.up
      .filter(({ id }) => isMember(membership, id))
      .every(({ machine, disk }) => machine.appliedIndex >= goal && !disk.isMarkedLost);
  }

  #describe(): string {
    return this.#cluster.up.map(({ raft }) => JSON.stringify(raft.status())).join("\n");
  }

  #down(): readonly VirtualMember[] {
    return [...this.#cluster.members.values()].filter(({ isUp }) => !isUp);
  }

  #withUp(act: (member: VirtualMember) => void): void {
    this.#pick(this.#cluster.up, act);
  }

  #pick(members: readonly VirtualMember[], act: (member: VirtualMember) => void): void {
    const member = members[this.#below(members.length)];
    if (member !== undefined) act(member);
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  #count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }
}
