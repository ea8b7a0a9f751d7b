/**
 * The commands of the traces in testdata/. A script sets up a group and says, step by step, what
 * happens to it; every command answers with the lines of what the members did.
 *
 *     group 1 2 3 [learners=4,5] [BOUND=N ...]   a new group; bounds are those of limits.ts
 *     disk ID term=T [vote=ID] log=1,1,2 [commit=N]  what the disk of a member held before it started
 *     join ID                                    a member that knows of nobody yet
 *     start ID... / crash ID... / restart ID...  `restart ID lost`: its log is gone, and it knows
 *     tick ID... [xN]                            time passes for some
 *     campaign ID / propose ID TEXT... / read ID / transfer ID to=ID
 *     change ID add|promote|remove=ID
 *     compact ID [keep=N]                        takes a snapshot and forgets the entries
 *     take ID / persist ID / finish ID           one `Ready` in three steps
 *     ready ID...                                one `Ready`, or several, from end to end
 *     deliver FILTER / drop FILTER / duplicate FILTER / reverse
 *                                                FILTER: `1->2`, `->2`, `1->`, a type, `first`
 *     partition 1,2 3 / cut 1->2 / heal
 *     settle [ID...]                             until nothing is left to do; time does not pass
 *     status [ID...] / logs [ID...] / lists [ID...] / network
 *     quietly COMMAND                            without its lines
 *
 * Member N waits for a leader for 10 + N ticks; heartbeats are one tick apart.
 */

import { logIndex, type MemberId, memberId, term } from "../../../src/base/ids.ts";
import type { RaftLimits } from "../../../src/raft/limits.ts";
import { type LogEntry, NO_INDEX } from "../../../src/raft/log-entry.ts";
import { type MembershipChange, membershipOf } from "../../../src/raft/membership.ts";
import type { Message } from "../../../src/raft/message.ts";
import { Cluster } from "./cluster.ts";
import { describeEntry, describeMembership, describeMessage, describeReady } from "./describe.ts";
import { JOINING } from "./virtual-member.ts";

/** Words and `name=value` pairs of a command. */
interface Arguments {
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

/** The first number tells lives apart, all others make a member's election timeout 10 + id. */
function randomOf(id: MemberId, life: number): () => number {
  let draws = 0;
  return () => (draws++ === 0 ? (id * 64 + life) / 2 ** 31 : id / 10);
}

export class Script {
  #cluster = new Cluster({}, randomOf);
  #lines: string[] = [];

  /** Runs one command and returns what it has to show. */
  run(command: string): readonly string[] {
    this.#lines = [];
    this.#run(command);
    return this.#lines;
  }

  #run(command: string): void {
    const [name, ...rest] = command.split(/\s+/);
    const args: Arguments = {
      words: rest.filter((word) => !word.includes("=")),
      options: new Map(
        rest
          .filter((word) => word.includes("="))
          .map((word) => word.split("=") as [string, string]),
      ),
    };
    switch (name) {
      case "quietly":
        this.#run(rest.join(" "));
        this.#lines = [];
        return;
      case "group":
        return this.#group(args);
      case "disk":
        return this.#disk(args);
      case "join":
        return this.#join(args);
      case "start":
      case "restart":
        return this.#start(args);
      case "crash":
        for (const member of this.#membersIn(args)) member.crash();
        return;
      case "tick":
        return this.#tick(args);
      case "campaign":
        for (const { raft } of this.#membersIn(args)) raft.campaign();
        return;
      case "propose":
        return this.#propose(args);
      case "read":
        return this.#read(args);
      case "transfer":
        return this.#transfer(args);
      case "change":
        return this.#change(args);
      case "compact":
        for (const member of this.#membersIn(args)) member.compact(number(args, "keep", 0));
        return;
      case "take":
        for (const member of this.#membersIn(args)) this.#show(member.id, member.take());
        return;
      case "persist":
        for (const member of this.#membersIn(args)) member.persist();
        return;
      case "finish":
        for (const member of this.#membersIn(args)) member.finish();
        return;
      case "ready":
        return this.#ready(args);
      case "deliver":
        return this.#deliver(args);
      case "drop":
        for (const message of this.#matching(args)) this.#say(`lost ${describeMessage(message)}`);
        return;
      case "duplicate":
        return this.#duplicate(args);
      case "reverse":
        this.#cluster.network.underWay.reverse();
        return;
      case "partition":
        this.#cluster.network.partition(args.words.map((side) => side.split(",").map(Number)));
        return;
      case "cut":
        return this.#cut(args);
      case "heal":
        this.#cluster.network.heal();
        return;
      case "settle":
        return this.#settle(args);
      case "status":
        return this.#status(args);
      case "logs":
        return this.#logs(args);
      case "lists":
        for (const { id, machine } of this.#membersIn(args)) {
          this.#say(`${id}: ${machine.commands.join(" ")} (at ${machine.appliedIndex})`);
        }
        return;
      case "network":
        for (const message of this.#cluster.network.underWay) this.#say(describeMessage(message));
        return;
      default:
        throw new Error(`There is no command "${name}".`);
    }
  }

  #group(args: Arguments): void {
    const bounds = Object.fromEntries(
      [...args.options]
        .filter(([name]) => name !== "learners")
        .map(([name, value]) => [name, Number(value)]),
    ) as Partial<RaftLimits>;
    this.#cluster = new Cluster({ limits: bounds }, randomOf);
    const learners = args.options.get("learners")?.split(",").map(Number) ?? [];
    const membership = membershipOf(args.words.map(Number), learners);
    for (const id of [...membership.voters, ...membership.learners]) {
      this.#cluster.add(id, membership);
    }
  }

  #disk(args: Arguments): void {
    const { disk } = this.#member(args);
    const terms = args.options.get("log")?.split(",").map(Number) ?? [];
    disk.entries = terms.map(
      (each, i): LogEntry => ({
        index: logIndex(i + 1),
        term: term(each),
        kind: "command",
        data: new TextEncoder().encode(`${each}.${i + 1}`),
      }),
    );
    const vote = args.options.get("vote");
    disk.hardState = {
      term: term(number(args, "term", 0)),
      votedFor: vote === undefined ? undefined : memberId(Number(vote)),
      commitIndex: logIndex(number(args, "commit", NO_INDEX)),
    };
  }

  #join(args: Arguments): void {
    for (const word of args.words) this.#cluster.add(Number(word), JOINING).start();
  }

  #start(args: Arguments): void {
    for (const member of this.#membersIn(args)) {
      if (args.words.includes("lost")) member.disk.lose();
      member.start();
    }
  }

  #tick(args: Arguments): void {
    const times = args.words.find((word) => /^x\d+$/.test(word))?.slice(1) ?? "1";
    for (let i = 0; i < Number(times); i++) {
      for (const { raft } of this.#membersIn(args)) raft.tick();
    }
  }

  #propose(args: Arguments): void {
    const { raft } = this.#member(args);
    for (const text of args.words.slice(1)) {
      const result = raft.propose(new TextEncoder().encode(text));
      if (!result.accepted) this.#refused(text, result);
    }
  }

  #read(args: Arguments): void {
    const ticket = this.#member(args).raft.read();
    if (!ticket.accepted) this.#refused("read", ticket);
  }

  #transfer(args: Arguments): void {
    const to = memberId(number(args, "to", 0));
    const ticket = this.#member(args).raft.transferLeadership(to);
    if (!ticket.accepted) this.#refused(`transfer to ${to}`, ticket);
  }

  #change(args: Arguments): void {
    const [[kind, id]] = [...args.options] as [[string, string]];
    const change = {
      kind: kind === "add" ? "add-learner" : kind,
      member: memberId(Number(id)),
    } as MembershipChange;
    const result = this.#member(args).raft.changeMembership(change);
    if (!result.accepted) this.#refused(`${kind} ${id}`, result);
  }

  #ready(args: Arguments): void {
    for (const member of this.#membersIn(args)) {
      if (member.raft.hasReady()) this.#show(member.id, member.doReady());
    }
  }

  #deliver(args: Arguments): void {
    for (const message of this.#matching(args)) this.#deliverOne(message);
  }

  #deliverOne(message: Message): void {
    const receiver = this.#cluster.member(message.to);
    if (!receiver.isUp) return this.#say(`lost ${describeMessage(message)}`);
    this.#say(`< ${describeMessage(message)}`);
    receiver.raft.step(message);
  }

  #duplicate(args: Arguments): void {
    const { network } = this.#cluster;
    const before = network.underWay;
    const copies = this.#matching(args);
    network.underWay = [...before, ...copies];
  }

  #cut(args: Arguments): void {
    for (const link of args.words) {
      const [from, to] = link.split("->").map(Number);
      this.#cluster.network.cut(from!, to!);
    }
  }

  /** Rounds in which every member does all that it can, and then everything is delivered. */
  #settle(args: Arguments): void {
    const ids = this.#membersIn(args).map(({ id }) => id);
    const isAmong = ({ from, to }: Message): boolean => ids.includes(from) && ids.includes(to);
    for (let round = 0; round < 1000; round++) {
      const members = ids.map((id) => this.#cluster.member(id)).filter(({ isUp }) => isUp);
      const busy = members.filter(({ raft }) => raft.hasReady());
      for (const member of busy) {
        while (member.raft.hasReady()) this.#show(member.id, member.doReady());
      }
      const messages = this.#cluster.network.remove(isAmong);
      for (const message of messages) this.#deliverOne(message);
      if (busy.length === 0 && messages.length === 0) return;
    }
    throw new Error("The members do not come to rest.");
  }

  #status(args: Arguments): void {
    for (const { id, raft } of this.#membersIn(args).filter(({ isUp }) => isUp)) {
      const { role, term, leader, commitIndex, appliedIndex, firstIndex, lastIndex, ...rest } =
        raft.status();
      const mark = rest.isRecovering ? " recovering" : "";
      this.#say(
        `${id}: ${role} term=${term} leader=${leader ?? "none"} log=${firstIndex}..${lastIndex}` +
          ` commit=${commitIndex} applied=${appliedIndex} ${describeMembership(rest.membership)}${mark}`,
      );
      for (const peer of rest.peers) {
        const marks = [
          ...(peer.isHeard ? [] : ["silent"]),
          ...(peer.isRecovering ? ["recovering"] : []),
          ...(peer.isCaughtUp ? ["caught-up"] : []),
          ...(peer.inFlightAppends > 0 ? [`in-flight=${peer.inFlightAppends}`] : []),
        ];
        this.#say(
          `   ${peer.id} ${peer.mode} match=${peer.matchIndex} next=${peer.nextIndex}` +
            `${marks.map((mark) => ` ${mark}`).join("")}`,
        );
      }
    }
  }

  /** The logs on the disks; equal ones are shown once. */
  #logs(args: Arguments): void {
    const idsOf = new Map<string, MemberId[]>();
    for (const { id, disk } of this.#membersIn(args)) {
      const { index, term } = disk.base;
      const base = index === 0 ? "" : `(${term}/${index}) `;
      const log = base + disk.entries.map(describeEntry).join(", ");
      idsOf.set(log, [...(idsOf.get(log) ?? []), id]);
    }
    for (const [log, ids] of idsOf) this.#say(`${ids.join(" ")}: ${log}`);
  }

  #show(id: MemberId, ready: Parameters<typeof describeReady>[0]): void {
    const lines = describeReady(ready);
    if (lines.length > 0) this.#say(`> ${id}`, ...lines.map((line) => `    ${line}`));
  }

  #refused(what: string, refusal: { readonly reason: string; readonly leader: unknown }): void {
    this.#say(`refused ${what}: ${refusal.reason}, leader ${refusal.leader ?? "none"}`);
  }

  #say(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }

  #member(args: Arguments): ReturnType<Cluster["member"]> {
    return this.#cluster.member(Number(args.words[0]));
  }

  /** The members that a command names, or all. */
  #membersIn(args: Arguments): readonly ReturnType<Cluster["member"]>[] {
    const ids = args.words.filter((word) => /^\d+$/.test(word)).map(Number);
    if (ids.length === 0) return [...this.#cluster.members.values()];
    return ids.map((id) => this.#cluster.member(id));
  }

  /** Takes the messages that a filter names off the network. */
  #matching(args: Arguments): readonly Message[] {
    const conditions = args.words.filter((word) => word !== "first").map(conditionOf);
    const matches = (message: Message): boolean => conditions.every((holds) => holds(message));
    const first = this.#cluster.network.underWay.find(matches);
    const isWanted = args.words.includes("first")
      ? (message: Message): boolean => message === first
      : matches;
    return this.#cluster.network.remove(isWanted);
  }
}

function conditionOf(word: string): (message: Message) => boolean {
  const link = /^(\d*)->(\d*)$/.exec(word);
  if (link === null) return ({ type }) => type === word;
  const [, from, to] = link;
  return (message) =>
    (from === "" || message.from === Number(from)) && (to === "" || message.to === Number(to));
}

function number(args: Arguments, name: string, otherwise: number): number {
  return Number(args.options.get(name) ?? otherwise);
}
