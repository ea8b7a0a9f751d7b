/**
 * One member whose peers are played by the test: it is told things, and what it says is collected.
 */

import { logIndex, type MemberId, memberId, type Term, term } from "../../../src/base/ids.ts";
import type { LogEntry } from "../../../src/raft/log-entry.ts";
import { encodeMembership, membershipOf } from "../../../src/raft/membership.ts";
import type { Message } from "../../../src/raft/message.ts";
import type { ReadOutcome, Ready } from "../../../src/raft/ready.ts";
import type { RaftStatus } from "../../../src/raft/status.ts";
import { type MemberSettings, VirtualMember } from "./virtual-member.ts";

/** A message of one type. */
export type MessageOf<T extends Message["type"]> = Extract<Message, { type: T }>;

/** Ids, terms and indices as plain numbers, for tests to be read easily. */
type Plain<V> = V extends number ? number : V;

/** The parts of a message that a test cares for; the rest is filled in. */
type Partly<T extends Message["type"]> = {
  readonly [K in keyof MessageOf<T>]?: Plain<MessageOf<T>[K]>;
} & { readonly from: number };

export interface LoneOptions {
  readonly id?: number;
  readonly voters?: readonly number[];
  readonly learners?: readonly number[];
  readonly term?: number;
  readonly vote?: number;
  /** The terms of the entries from index 1 on. */
  readonly log?: readonly number[];
  readonly commit?: number;
  readonly settings?: MemberSettings;
  /** What the member draws; its election timeout is 10 + 10 times that, rounded down. */
  readonly chance?: number;
}

export class LoneMember {
  readonly member: VirtualMember;
  readonly readies: Ready[] = [];
  readonly outcomes: ReadOutcome[] = [];
  #sent: Message[] = [];

  constructor(options: LoneOptions = {}) {
    const { id = 1, voters = [1, 2, 3], learners = [], chance = 0, settings = {} } = options;
    this.member = new VirtualMember(
      memberId(id),
      membershipOf(voters, learners),
      settings,
      (life) => drawsOf(life, chance),
      {
        send: (message) => this.#sent.push(message),
        onReady: (_, ready) => this.readies.push(ready),
        onRead: (_, outcome) => this.outcomes.push(outcome),
      },
    );
    const { disk } = this.member;
    disk.entries = (options.log ?? []).map((each, i) => command(each, i + 1));
    disk.hardState = {
      term: term(options.term ?? options.log?.at(-1) ?? 0),
      votedFor: options.vote === undefined ? undefined : memberId(options.vote),
      commitIndex: logIndex(options.commit ?? 0),
    };
    this.member.start();
    this.work();
    this.take();
  }

  get status(): RaftStatus {
    return this.member.raft.status();
  }

  /** The terms of the entries on the disk. */
  get logTerms(): readonly number[] {
    return this.member.disk.entries.map((entry) => entry.term);
  }

  get last(): Ready {
    return this.readies.at(-1)!;
  }

  /** Does all that is to be done. */
  work(): void {
    while (this.member.raft.hasReady()) this.member.doReady();
  }

  tick(times = 1): readonly Message[] {
    for (let i = 0; i < times; i++) {
      this.member.raft.tick();
      this.work();
    }
    return this.take();
  }

  propose(...texts: readonly string[]): readonly Message[] {
    for (const text of texts) this.member.raft.propose(new TextEncoder().encode(text));
    this.work();
    return this.take();
  }

  /** Tells the member something, and returns what it says to that. */
  hear<T extends Message["type"]>(type: T, fields: Partly<T>): readonly Message[] {
    this.member.raft.step(messageTo(this.member.id, this.status.term, type, fields));
    this.work();
    return this.take();
  }

  /** What was said since the last time. */
  take(): readonly Message[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  /** Makes the member the leader of the next term by the votes of others. */
  elect(...supporters: readonly number[]): readonly Message[] {
    this.member.raft.campaign();
    this.work();
    const request = this.take().find(({ type }) => type === "pre-vote-request");
    const attempt = (request as MessageOf<"pre-vote-request">).attempt;
    for (const from of supporters) this.hear("pre-vote-response", { from, attempt, granted: true });
    const sent = supporters.flatMap((from) => this.hear("vote-response", { from, granted: true }));
    if (this.status.role !== "leader") throw new Error("It was not elected.");
    return sent;
  }
}

/** The first number that a life draws tells it apart from others; all others are the same. */
function drawsOf(life: number, chance: number): () => number {
  let draws = 0;
  return () => (draws++ === 0 ? life / 2 ** 31 : chance);
}

/** A whole message out of some of its fields. */
export function messageTo<T extends Message["type"]>(
  to: MemberId,
  currentTerm: Term,
  type: T,
  fields: Partly<T>,
): Message {
  const none = logIndex(0);
  const defaults = {
    term: currentTerm,
    lastIndex: none,
    lastTerm: term(0),
    attempt: 0,
    granted: false,
    transfer: false,
    founder: undefined,
    prevIndex: none,
    prevTerm: term(0),
    entries: [],
    commitIndex: none,
    matchIndex: none,
    recovering: undefined,
    rejectedIndex: none,
    hintIndex: none,
    hintTerm: term(0),
    readRound: 0,
    recovery: undefined,
    recoveryId: undefined,
    requestId: 0,
  };
  return { ...defaults, ...fields, to, type } as unknown as Message;
}

/** Entries with these terms, from `first` on. */
export function entries(first: number, ...terms: readonly number[]): readonly LogEntry[] {
  return terms.map((each, i) => command(each, first + i));
}

export function command(ofTerm: number, index: number): LogEntry {
  const data = new TextEncoder().encode(`${ofTerm}.${index}`);
  return { index: logIndex(index), term: term(ofTerm), kind: "command", data };
}

export function membershipEntry(
  ofTerm: number,
  index: number,
  voters: readonly number[],
  learners: readonly number[] = [],
): LogEntry {
  const data = encodeMembership(membershipOf(voters, learners));
  return { index: logIndex(index), term: term(ofTerm), kind: "membership", data };
}

/** The messages of one type. */
export function only<T extends Message["type"]>(
  messages: readonly Message[],
  type: T,
): readonly MessageOf<T>[] {
  return messages.filter((message): message is MessageOf<T> => message.type === type);
}
