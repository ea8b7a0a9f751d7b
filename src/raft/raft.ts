/**
 * One member of a Raft group, as a pure state machine: messages, ticks and wishes come in, and what
 * is to be sent, written and applied comes out as a `Ready`. It sees no clock, no disk, no socket
 * and no chance but its options', so the same inputs give the same outputs. See ready.ts for how a
 * shell drives it, and D. Ongaro and J. Ousterhout, "In Search of an Understandable Consensus
 * Algorithm (Extended Version)" ("Raft" in the comments), and Ongaro's dissertation of 2014.
 *
 * What always holds (Raft, figure 3): at most one leader a term; a leader never changes its own log
 * but by appending; logs with an entry of the same index and term are the same up to it; what was
 * committed is in the log of every later leader; no two members apply different entries at an index.
 */

import { assert } from "../base/assert.ts";
import { type LogIndex, logIndex, type MemberId } from "../base/ids.ts";
import { advanceCommit } from "./commit.ts";
import { countOwnVote, mayStand, startPreVote, tickElection } from "./election.ts";
import { maxIndex } from "./index-order.ts";
import { snapshotsInUse, tickLeader } from "./leader.ts";
import type { HardState, LogEntry, SnapshotMeta } from "./log-entry.ts";
import { isMember, type MembershipChange } from "./membership.ts";
import { proposeChange } from "./membership-change.ts";
import type { Message, OutgoingMessage } from "./message.ts";
import type { RaftOptions } from "./options.ts";
import { propose } from "./proposal.ts";
import { RaftState } from "./raft-state.ts";
import { askRead, type ReadTicket } from "./reads.ts";
import type { Persist, Ready, Standing } from "./ready.ts";
import type { Proposal } from "./refusal.ts";
import { flush } from "./replication.ts";
import { discardDamaged, installIfComplete } from "./snapshot-receiving.ts";
import { type RaftStatus, statusOf } from "./status.ts";
import { step } from "./step.ts";
import type { StoredSnapshot } from "./stored-snapshot.ts";
import { type TransferTicket, transferLeadership } from "./transfer.ts";

export class Raft {
  readonly #state: RaftState;
  /** As it was last handed out, or came from the disk. */
  #hardState: HardState;
  #standing: Standing | undefined;
  /** A `Ready` was taken, and `advance()` has not been called for it. */
  #underWay: { readonly handedIndex: LogIndex } | undefined;

  constructor(options: RaftOptions) {
    this.#state = new RaftState(options);
    this.#hardState = this.#state.hardState;
    const { membership, isVoter } = this.#state;
    // A group of one has nobody to wait for.
    if (isVoter && membership.voters.length === 1 && mayStand(this.#state)) {
      startPreVote(this.#state);
    }
  }

  /** Time passes. Call it at regular intervals; all timeouts are counted in ticks. */
  tick(): void {
    const state = this.#state;
    state.localReads.tick();
    if (state.role.name === "leader") tickLeader(state, state.role);
    else tickElection(state);
  }

  /** Another member says something. Nothing that it may say does harm, but to break an invariant. */
  step(message: Message): void {
    step(this.#state, message);
  }

  /** Wants a command in the log. Only a leader takes it. */
  propose(data: Uint8Array): Proposal {
    return propose(this.#state, data);
  }

  /** Wants a read of what is committed by now; its outcome comes in `Ready.reads`. */
  read(): ReadTicket {
    return askRead(this.#state);
  }

  /** Wants a member added, promoted or removed. An id that was removed is not to be used again. */
  changeMembership(change: MembershipChange): Proposal {
    return proposeChange(this.#state, change);
  }

  /** Wants another member to lead. */
  transferLeadership(to: MemberId): TransferTicket {
    return transferLeadership(this.#state, to);
  }

  /** Stands for election without waiting for a timeout, if it may. Members that hear a leader refuse. */
  campaign(): void {
    if (mayStand(this.#state)) startPreVote(this.#state);
  }

  /**
   * What a snapshot of the applied state at `index` stands for; `undefined` while this member does
   * not know who the members are, or if the entry is compacted.
   */
  snapshotMetaAt(index: LogIndex): SnapshotMeta | undefined {
    const { log, members, appliedIndex } = this.#state;
    assert(index <= appliedIndex, `entry ${index} is applied, so that a snapshot may hold it`);
    const term = log.termAt(index);
    if (term === undefined || index === 0) return undefined;
    const membership = members.at(index);
    return membership.voters.length === 0 ? undefined : { index, term, membership };
  }

  /**
   * A snapshot of this member's own is durable, and may be sent to others from now on. After a
   * restart, say so of the one that is there.
   */
  snapshotSaved(snapshot: StoredSnapshot): void {
    const state = this.#state;
    assert(snapshot.meta.index <= state.appliedIndex, "a snapshot holds what is applied");
    assert(snapshot.sizeBytes > 0, "a snapshot has bytes");
    const isOlder = snapshot.meta.index < (state.savedSnapshot?.meta.index ?? 0);
    if (!isOlder) state.savedSnapshot = snapshot;
  }

  /** The indices of the snapshots that others are being sent, or would be: keep their files. */
  snapshotsInUse(): readonly LogIndex[] {
    return snapshotsInUse(this.#state);
  }

  /**
   * Forgets the entries up to `index` (Raft, 7). A snapshot that holds them must have been saved; to
   * keep some of them spares a member that is a little behind the whole snapshot.
   */
  compact(index: LogIndex): void {
    const { savedSnapshot, log, members } = this.#state;
    const savedIndex = savedSnapshot?.meta.index ?? 0;
    assert(index <= savedIndex, `a saved snapshot stands for entry ${index}`);
    log.compactTo(index);
    members.compactTo(index);
  }

  /** The last chunk made a file that does not match its checksum: all of it must come again. */
  snapshotDamaged(): void {
    discardDamaged(this.#state);
  }

  status(): RaftStatus {
    return statusOf(this.#state);
  }

  /** Whether `ready()` would bring anything. */
  hasReady(): boolean {
    const state = this.#state;
    if (this.#underWay !== undefined) return false;
    this.#flush();
    return (
      !state.atOnce.isEmpty ||
      !state.afterPersist.isEmpty ||
      this.#mustPersist() ||
      state.handedIndex < state.commitIndex ||
      state.localReads.hasOutcomes(state.handedIndex) ||
      !isSameStanding(this.#standing, this.#currentStanding())
    );
  }

  /** What is to be done now. One at a time: the next may be taken after `advance()`. */
  ready(): Ready {
    assert(this.#underWay === undefined, "a Ready is taken after the one before was done");
    const state = this.#state;
    const messages = this.takeMessages();
    const persist = this.#takePersist();
    const committed = this.#takeCommitted();
    this.#underWay = { handedIndex: state.handedIndex };
    return {
      messages,
      persist,
      messagesAfterPersist: state.afterPersist.take(),
      committed,
      reads: state.localReads.takeOutcomes(state.handedIndex),
      standing: this.#takeStanding(),
    };
  }

  /** What may be sent at once, also while a `Ready` is being written. */
  takeMessages(): readonly OutgoingMessage[] {
    this.#flush();
    return this.#state.atOnce.take();
  }

  /** The last `Ready` was done: what it wrote is durable, and what it committed is applied. */
  advance(): void {
    assert(this.#underWay !== undefined, "a Ready was taken");
    const state = this.#state;
    const { handedIndex } = this.#underWay;
    this.#underWay = undefined;
    state.appliedIndex = maxIndex(state.appliedIndex, handedIndex);
    state.log.batchDurable();
    state.incoming?.writesDurable();
    installIfComplete(state);
    const { term, votedFor } = this.#hardState;
    if (term === state.term && votedFor === state.id) countOwnVote(state);
    if (state.role.name === "leader") advanceCommit(state, state.role);
  }

  #flush(): void {
    if (this.#state.role.name === "leader") flush(this.#state, this.#state.role);
  }

  #mustPersist(): boolean {
    const { log, incoming, hasRecovered } = this.#state;
    return this.#hasNewTermOrVote() || log.hasBatch || hasRecovered || incoming?.hasWrites === true;
  }

  #hasNewTermOrVote(): boolean {
    const { term, votedFor } = this.#state;
    return term !== this.#hardState.term || votedFor !== this.#hardState.votedFor;
  }

  #takePersist(): Persist | undefined {
    if (!this.#mustPersist()) return undefined;
    const state = this.#state;
    const hardState = this.#takeHardState();
    const chunks = state.incoming?.takeWrites() ?? [];
    const recovered = state.hasRecovered;
    state.hasRecovered = false;
    return { hardState, chunks, ...state.log.takeBatch(), recovered };
  }

  /** The commit index may lag, so alone it is not worth a write. */
  #takeHardState(): HardState | undefined {
    const { hardState } = this.#state;
    const hasNewCommit = hardState.commitIndex > this.#hardState.commitIndex;
    if (!this.#hasNewTermOrVote() && !hasNewCommit) return undefined;
    this.#hardState = hardState;
    return hardState;
  }

  #takeCommitted(): readonly LogEntry[] {
    const state = this.#state;
    if (state.handedIndex >= state.commitIndex) return [];
    const { committedBytesMax } = state.settings.limits;
    const first = logIndex(state.handedIndex + 1);
    const entries = state.log.entriesFrom(first, state.commitIndex, committedBytesMax);
    state.handedIndex = entries.at(-1)!.index;
    return entries;
  }

  #currentStanding(): Standing {
    const state = this.#state;
    const { role, term, leader, members, commitIndex, id } = state;
    const isRemoved =
      members.currentIndex <= commitIndex && members.everHad(id) && !isMember(members.current, id);
    return { role: role.name, term, leader, isRemoved };
  }

  #takeStanding(): Standing | undefined {
    const standing = this.#currentStanding();
    if (isSameStanding(this.#standing, standing)) return undefined;
    this.#standing = standing;
    return standing;
  }
}

function isSameStanding(a: Standing | undefined, b: Standing): boolean {
  return (
    a !== undefined &&
    a.role === b.role &&
    a.term === b.term &&
    a.leader === b.leader &&
    a.isRemoved === b.isRemoved
  );
}
