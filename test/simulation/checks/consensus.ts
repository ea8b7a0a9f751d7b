/**
 * What must hold of the masters' logs in every run, whatever is lost, late, cut or dead (Raft, figure
 * 3). It hears what each master asks its disk for, what the disk confirms, what is sent and what is
 * applied, and knows nothing of how the masters come to it.
 */

import { crc32 } from "node:zlib";
import type { MemberId, Term } from "../../../src/base/ids.ts";
import type { SnapshotMeta } from "../../../src/raft/log-entry.ts";
import type { Message } from "../../../src/raft/message.ts";
import type { RestoredState } from "../../../src/raft/options.ts";
import type { World } from "../world/world.ts";
import { type EntryMark, MemberLog, markOf, type PersistRequest } from "./member-log.ts";
import { Memberships } from "./memberships.ts";
import { nextLeaderWithout } from "./next-leaders.ts";
import { PreVotes } from "./pre-votes.ts";

/** What is known of one member. */
interface Watched {
  /** With all that it has asked for. */
  log: MemberLog;
  /** With what was confirmed; undefined of one that has forgotten. */
  durable: MemberLog | undefined;
  underWay: PersistRequest | undefined;
  /** It has lost its log, and votes for nobody before it has it again. */
  isRecovering: boolean;
  appliedIndex: number;
  /** Checksum of the state that it has written out last. */
  encoded: number;
}

interface Committed extends EntryMark {
  /** Of the member that was first to apply it; the leader that committed it had this term or less. */
  readonly knownInTerm: Term;
}

/** See the head of this file. */
export class ConsensusCheck {
  readonly #world: World;
  /** As a member goes by them now: a change counts from the moment that a leader has it. */
  readonly #votersOf: (member: MemberId) => readonly MemberId[];
  /** Told of each command in the order of the log, once. */
  readonly #onCommitted: (command: Uint8Array) => void;
  readonly #members = new Map<MemberId, Watched>();
  readonly #memberships: Memberships;
  readonly #preVotes = new PreVotes();
  readonly #leaders = new Map<Term, MemberId>();
  readonly #candidates = new Map<Term, MemberId>();
  /** By index and term: the entry, and the term of the one before it. */
  readonly #entries = new Map<string, string>();
  /** By index and term: who has confirmed to have it. */
  readonly #holders = new Map<string, Set<MemberId>>();
  /** By index, from 1. */
  readonly #committed: Committed[] = [];
  /** By index: checksums of states that were written out. */
  readonly #states = new Map<number, number>();

  constructor(
    world: World,
    voters: readonly MemberId[],
    votersOf: (member: MemberId) => readonly MemberId[],
    onCommitted: (command: Uint8Array) => void,
  ) {
    this.#world = world;
    this.#votersOf = votersOf;
    this.#memberships = new Memberships(voters);
    this.#onCommitted = onCommitted;
  }

  /** The last index that anybody has applied. */
  get committedIndex(): number {
    return this.#committed.length;
  }

  // What becomes of logs

  /** A member has lost its disk, or found it damaged: it is held to nothing that it had promised. */
  forgot(member: MemberId): void {
    this.#of(member).durable = undefined;
  }

  /** Nothing that was confirmed is gone after a restart, and no vote (Raft, figure 2). */
  restored(
    member: MemberId,
    { hardState, snapshot, entries }: RestoredState,
    isRecovering: boolean,
  ): void {
    const watched = this.#of(member);
    const { underWay } = watched;
    // A recovery may have begun in a process that died before it said so.
    const durable = isRecovering && !watched.isRecovering ? undefined : watched.durable;
    const log = new MemberLog();
    log.take({ hardState });
    log.rebase(snapshot);
    log.take({ entries: entries.filter(({ index }) => index > snapshot.index) });
    if (durable !== undefined) this.#keepsPromises(member, durable, log, underWay);
    this.#members.set(member, {
      ...{ log, durable: log.copy(), underWay: undefined, isRecovering },
      ...{ appliedIndex: snapshot.index, encoded: 0 },
    });
    for (let i = log.baseIndex + 1; i <= log.lastIndex; i++) this.#holds(member, i, log.at(i)!);
  }

  #keepsPromises(
    member: MemberId,
    durable: MemberLog,
    log: MemberLog,
    underWay: PersistRequest | undefined,
  ): void {
    const isVoteKept =
      log.term > durable.term ||
      (log.term === durable.term && (durable.votedFor ?? log.votedFor) === log.votedFor);
    this.#expect(isVoteKept, () => `master ${member} has forgotten its vote`);
    const cutFrom = underWay?.snapshot === undefined ? underWay?.truncateFrom : 0;
    const last = Math.min(durable.lastIndex, (cutFrom ?? Number.POSITIVE_INFINITY) - 1);
    for (let i = Math.max(durable.baseIndex, log.baseIndex) + 1; i <= last; i++) {
      const isKept = log.at(i)?.checksum === durable.at(i)?.checksum;
      this.#expect(isKept, () => `master ${member} has lost entry ${i}, which its disk confirmed`);
    }
  }

  /** Log matching (5.3), by induction: an entry has one content and one predecessor. */
  persisting(member: MemberId, request: PersistRequest): void {
    const watched = this.#of(member);
    const { log } = watched;
    const { truncateFrom, entries = [], snapshot } = request;
    const { sometimes } = this.#world;
    if (truncateFrom !== undefined && truncateFrom <= log.lastIndex) {
      sometimes.saw("entries truncated");
      const committed = this.#committed[truncateFrom - 1];
      const isCommitted = committed !== undefined && log.at(truncateFrom)?.term === committed.term;
      this.#expect(!isCommitted, () => `master ${member} cuts off entry ${truncateFrom}`);
    }
    if (snapshot !== undefined) {
      sometimes.saw("snapshot installed");
      const others = [...this.#members.values()].filter((other) => other !== watched);
      const isBusy = others.some(({ underWay }) => (underWay?.entries ?? []).length > 0);
      if (isBusy) sometimes.saw("snapshot installed during appends");
    }
    if (request.recovered === true) sometimes.saw("recovery over");
    watched.underWay = request;
    log.take(request);
    for (const entry of entries) {
      this.#memberships.take(entry);
      const mark = markOf(entry);
      const content = `${mark.checksum} after term ${log.termAt(entry.index - 1)}`;
      const key = `${entry.index}/${entry.term}`;
      const known = this.#entries.get(key) ?? content;
      this.#entries.set(key, content);
      this.#expect(known === content, () => `there are two entries ${key}: logs do not match`);
    }
  }

  persisted(member: MemberId): void {
    const watched = this.#of(member);
    const { underWay, log } = watched;
    watched.durable = log.copy();
    watched.underWay = undefined;
    if (underWay?.recovered === true) watched.isRecovering = false;
    for (const entry of underWay?.entries ?? []) this.#holds(member, entry.index, markOf(entry));
  }

  // What is said

  /** Persist before send (figure 2), and election safety (5.2). */
  sends(message: Message): void {
    const { from, term } = message;
    const durable = this.#of(from).durable;
    switch (message.type) {
      case "append":
      case "heartbeat":
      case "snapshot-chunk":
        return this.#claims(from, term);
      case "vote-request": {
        const other = this.#candidates.get(term);
        if (other !== undefined && other !== from) this.#world.sometimes.saw("two candidates");
        this.#candidates.set(term, from);
        if (!message.transfer) this.#wouldWin(from, term);
        return this.#expect(
          isDurable(durable, term, from),
          () => `master ${from} stands for election in term ${term} without a vote of its own`,
        );
      }
      case "pre-vote-response":
        return this.#preVotes.answers(message);
      case "vote-response":
        return this.#expect(
          !message.granted || isDurable(durable, term, message.to),
          () => `master ${from} gives a vote in term ${term} that is not on its disk`,
        );
      case "append-accepted":
        return this.#expect(
          message.matchIndex <= (durable?.lastIndex ?? 0),
          () => `master ${from} confirms entry ${message.matchIndex}, which is not on its disk`,
        );
    }
  }

  /** Nobody begins a term unless a majority would vote for it (9.6). */
  #wouldWin(member: MemberId, term: Term): void {
    const attempts = this.#preVotes.of(member);
    const { lastIndex } = this.#of(member).log;
    const members = this.#votersOf(member);
    this.#expect(
      attempts.some((voters) => this.#memberships.haveMajority(lastIndex, voters, members)),
      () => `master ${member} begins term ${term}, and only ${[...attempts[0]!]} would vote for it`,
    );
  }

  /** A member acts as the leader of a term. */
  leads(member: MemberId, term: Term): void {
    this.#claims(member, term);
    this.#world.note("master", member, "leads", term);
  }

  #claims(member: MemberId, term: Term): void {
    const other = this.#leaders.get(term);
    if (other === member) return;
    this.#expect(other === undefined, () => `masters ${member} and ${other} lead term ${term}`);
    this.#leaders.set(term, member);
    this.#world.sometimes.saw("leader elected");
    this.#isComplete(member, term);
  }

  /** Leader completeness (5.4.3). */
  #isComplete(member: MemberId, term: Term): void {
    const { log } = this.#of(member);
    for (let i = log.baseIndex + 1; i <= this.#committed.length; i++) {
      const entry = this.#committed[i - 1]!;
      if (entry.knownInTerm >= term) continue;
      this.#expect(
        log.holds(i, entry.term),
        () => `master ${member} leads term ${term} without entry ${i}, which was committed before`,
      );
    }
  }

  // What is applied

  /** State machine safety (5.4.3): nobody applies anything else at an index. */
  applies(member: MemberId, index: number, command: Uint8Array): void {
    const { log } = this.#of(member);
    this.#world.note("apply", member, index, command.length);
    this.#commitsUpTo(member, index, command);
    const checksum = crc32(command, crc32("command"));
    const isIt = log.at(index)?.checksum === checksum;
    this.#expect(isIt, () => `master ${member} applies at ${index} what is not in its log`);
  }

  #commitsUpTo(member: MemberId, index: number, command?: Uint8Array): void {
    const watched = this.#of(member);
    const { log } = watched;
    for (let i = watched.appliedIndex + 1; i <= index; i++) {
      const mark = log.at(i);
      if (mark === undefined) {
        return this.#expect(false, () => `master ${member} applies entry ${i}, which it has not`);
      }
      this.#commits(member, i, mark, log.term, i === index ? command : undefined);
    }
    watched.appliedIndex = Math.max(watched.appliedIndex, index);
  }

  #commits(
    member: MemberId,
    index: number,
    mark: EntryMark,
    knownInTerm: Term,
    command: Uint8Array | undefined,
  ): void {
    const known = this.#committed[index - 1];
    if (known !== undefined) {
      const isSame = known.term === mark.term && known.checksum === mark.checksum;
      return this.#expect(isSame, () => `master ${member} applies another entry at ${index}`);
    }
    const isNext = index === this.#committed.length + 1;
    this.#expect(isNext, () => `master ${member} applies ${index}, and nobody those before it`);
    this.#committed.push({ ...mark, knownInTerm });
    const holders = this.#holders.get(`${index}/${mark.term}`) ?? new Set();
    this.#expect(
      this.#memberships.haveMajority(index, holders, this.#votersOf(member)),
      () =>
        `entry ${index} is applied, and only ${[...holders].join(", ")} have confirmed it (${this.#memberships})`,
    );
    this.#staysCommitted(index, mark.term);
    if (command !== undefined) this.#onCommitted(command);
  }

  /** No later leader is without it (5.4), whoever is elected. */
  #staysCommitted(index: number, term: Term): void {
    const logs = new Map<MemberId, MemberLog>();
    for (const [member, { durable, isRecovering }] of this.#members) {
      if (durable !== undefined && !isRecovering) logs.set(member, durable);
    }
    const leader = nextLeaderWithout(logs, index, term);
    this.#expect(
      leader === undefined,
      () => `entry ${index} is applied, and master ${leader} could be elected without it`,
    );
  }

  // Snapshots

  /** A member has written its state out, for a snapshot. */
  encoded(member: MemberId, pieces: readonly Uint8Array[]): void {
    this.#of(member).encoded = checksumOf(pieces);
  }

  /** What it has written out last is a snapshot of an index. */
  stores(member: MemberId, { index, term }: SnapshotMeta): void {
    this.#world.sometimes.saw("snapshot made");
    const { encoded } = this.#of(member);
    // Entries that are no commands are applied, too.
    this.#commitsUpTo(member, index);
    const known = this.#states.get(index) ?? encoded;
    this.#states.set(index, encoded);
    this.#expect(known === encoded, () => `two masters have other states after entry ${index}`);
    const committed = this.#committed[index - 1];
    const isCommitted = committed === undefined || committed.term === term;
    this.#expect(isCommitted, () => `master ${member} has a snapshot of another entry ${index}`);
  }

  /** A snapshot has taken the place of a member's state, which is written out again. */
  decoded(member: MemberId, pieces: readonly Uint8Array[]): void {
    const watched = this.#of(member);
    const index = watched.log.baseIndex;
    watched.appliedIndex = index;
    const known = this.#states.get(index);
    this.#expect(
      known === checksumOf(pieces),
      () => `master ${member} makes another state of the snapshot of entry ${index}`,
    );
  }

  #of(member: MemberId): Watched {
    let watched = this.#members.get(member);
    if (watched === undefined) {
      const log = new MemberLog();
      watched = {
        ...{ log, durable: undefined, underWay: undefined, isRecovering: false },
        ...{ appliedIndex: 0, encoded: 0 },
      };
      this.#members.set(member, watched);
    }
    return watched;
  }

  #holds(member: MemberId, index: number, { term }: EntryMark): void {
    const key = `${index}/${term}`;
    const holders = this.#holders.get(key) ?? new Set();
    this.#holders.set(key, holders.add(member));
  }

  #expect(condition: boolean, problem: () => string): void {
    this.#world.expect(condition, () => `Consensus is broken: ${problem()}.`);
  }
}

/** Whether a member will never give its vote in a term to anybody else: it may be past that term. */
function isDurable(durable: MemberLog | undefined, term: Term, vote: MemberId): boolean {
  if (durable === undefined) return false;
  return durable.term > term || (durable.term === term && durable.votedFor === vote);
}

function checksumOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => crc32(piece, sum), 0);
}
