/**
 * The state of one member and the few steps that all rules share. The rules themselves are in the
 * files beside this one, one concern each; raft.ts is where inputs come in and effects go out.
 */

import { assert } from "../base/assert.ts";
import { type LogIndex, type MemberId, type Term, term } from "../base/ids.ts";
import { EntryLog } from "./entry-log.ts";
import { IncomingSnapshot } from "./incoming-snapshot.ts";
import { minIndex } from "./index-order.ts";
import { READ_TIMEOUTS } from "./limits.ts";
import { LocalReads } from "./local-reads.ts";
import type { HardState, Membership } from "./log-entry.ts";
import { isVoter } from "./membership.ts";
import { MembershipHistory } from "./membership-history.ts";
import type { Message, OutgoingMessage } from "./message.ts";
import { type RaftOptions, type RaftSettings, restoredCommitIndex, settingsOf } from "./options.ts";
import { Outbox } from "./outbox.ts";
import type { Role } from "./role.ts";
import type { StoredSnapshot } from "./stored-snapshot.ts";

export class RaftState {
  readonly id: MemberId;
  readonly settings: RaftSettings;

  /** Persistent (Raft, figure 2). They only leave this member after they are durable. */
  term: Term;
  votedFor: MemberId | undefined;
  readonly log: EntryLog;
  readonly members: MembershipHistory;

  /**
   * A majority has everything up to here. It never falls.
   * Invariant: `appliedIndex <= handedIndex <= commitIndex <= log.lastIndex`, and
   * `log.baseIndex <= commitIndex`.
   */
  commitIndex: LogIndex;
  /** Committed entries up to here were handed out to be applied. */
  handedIndex: LogIndex;
  /** Entries up to here are applied (Raft, figure 2: lastApplied). */
  appliedIndex: LogIndex;

  role: Role;
  /** Ticks since a leader was heard or a vote was granted. Of no meaning at a leader. */
  electionElapsed = 0;
  /** In [electionTicks, 2 * electionTicks), drawn anew for each wait (Raft, 5.2). */
  electionTimeout: number;

  /** The recovery that this member is in (see recovery.ts); `undefined` for a sound member. */
  recoveryId: number | undefined;
  /** It has ended, and the shell has not been told. */
  hasRecovered = false;

  /** The youngest snapshot of our own, for members who need entries that are compacted. */
  savedSnapshot: StoredSnapshot | undefined;
  /** A snapshot that is being received. Invariant: `snapshot.meta.index > commitIndex`. */
  incoming: IncomingSnapshot | undefined;

  readonly localReads: LocalReads;
  readonly atOnce: Outbox<OutgoingMessage>;
  readonly afterPersist: Outbox<Message>;
  #nextNumber: number;

  constructor(options: RaftOptions) {
    const { id, restored, recovering = false } = options;
    const { hardState, snapshot, entries, incoming } = restored;
    this.id = id;
    this.settings = settingsOf(options);
    this.log = new EntryLog(snapshot, entries);
    assert(recovering || hardState.term >= this.log.lastTerm, "no entry is of a term to come");
    this.term = term(Math.max(hardState.term, this.log.lastTerm));
    this.votedFor = hardState.votedFor;
    this.members = new MembershipHistory(snapshot, entries);
    this.commitIndex = restoredCommitIndex(restored, this.log.lastIndex, recovering);
    this.handedIndex = snapshot.index;
    this.appliedIndex = snapshot.index;
    if (incoming !== undefined && incoming.snapshot.meta.index > this.commitIndex) {
      this.incoming = new IncomingSnapshot(incoming.snapshot, term(0), incoming.receivedBytes);
    }
    const { limits, electionTicks, random } = this.settings;
    this.localReads = new LocalReads(limits.readsMax, READ_TIMEOUTS * electionTicks);
    this.atOnce = new Outbox(limits.outboxMessagesMax);
    this.afterPersist = new Outbox(limits.outboxMessagesMax);
    // Lives begin at least 2^16 numbers apart, unless two of 2^31 draws are the same.
    this.#nextNumber = Math.floor(random() * 2 ** 31) * 2 ** 16;
    this.recoveryId = recovering ? this.uniqueNumber() : undefined;
    this.role = { name: "follower", leader: undefined, verifiedIndex: this.commitIndex };
    this.electionTimeout = this.#drawElectionTimeout();
  }

  /** The members in effect: those of the last membership in the log, committed or not (4.1). */
  get membership(): Membership {
    return this.members.current;
  }

  get isVoter(): boolean {
    return isVoter(this.membership, this.id);
  }

  /** Who leads the current term, as far as known. */
  get leader(): MemberId | undefined {
    if (this.role.name === "leader") return this.id;
    return this.role.name === "follower" ? this.role.leader : undefined;
  }

  /** A number that no other request of this member has, in this life or another. */
  uniqueNumber(): number {
    return this.#nextNumber++;
  }

  get hardState(): HardState {
    // The commit index never runs ahead of what the disk holds without this write, so that however
    // the write is torn, a commit index beyond the log means that the log has lost entries.
    const commitIndex = minIndex(this.commitIndex, this.log.durableIndex);
    return { term: this.term, votedFor: this.votedFor, commitIndex };
  }

  /** How every message begins. */
  envelope(to: MemberId): { readonly from: MemberId; readonly to: MemberId; readonly term: Term } {
    return { from: this.id, to, term: this.term };
  }

  /** Begins to wait for a leader, for a time that nobody else waits (Raft, 5.2). */
  resetElectionTimer(): void {
    this.electionElapsed = 0;
    this.electionTimeout = this.#drawElectionTimeout();
  }

  /**
   * Follows, in this term or a later one. Only whoever led or stood for election starts a new wait:
   * a term that rises is no sign of a leader (Raft, figure 2, rules for followers).
   */
  becomeFollower(newTerm: Term, leader: MemberId | undefined): void {
    assert(newTerm >= this.term, "terms never fall");
    if (newTerm > this.term) {
      this.term = newTerm;
      this.votedFor = undefined;
    }
    if (this.role.name !== "follower") this.resetElectionTimer();
    else if (this.role.leader !== leader) this.localReads.leaderChanged();
    if (this.role.name === "leader") this.#endLeadership(this.role.reads.origins());
    this.role = { name: "follower", leader, verifiedIndex: this.commitIndex };
  }

  /** A majority has everything up to `index`. */
  commitTo(index: LogIndex): void {
    if (index <= this.commitIndex) return;
    assert(index <= this.log.lastIndex, `what is committed, up to ${index}, is in the log`);
    this.commitIndex = index;
    if (this.incoming !== undefined && this.incoming.snapshot.meta.index <= index) {
      this.incoming = undefined;
    }
  }

  #endLeadership(readers: readonly { member: MemberId; requestId: number }[]): void {
    this.localReads.leaderChanged();
    for (const { member, requestId } of readers) {
      if (member === this.id) continue;
      const readIndex = undefined;
      this.afterPersist.put({
        ...this.envelope(member),
        type: "read-response",
        requestId,
        readIndex,
      });
    }
  }

  #drawElectionTimeout(): number {
    const { electionTicks, random } = this.settings;
    return electionTicks + Math.floor(random() * electionTicks);
  }
}
