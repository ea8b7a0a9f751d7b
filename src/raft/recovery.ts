/**
 * How a member that lost its log comes back under its own id. It may have given votes and
 * acknowledged entries that it no longer knows of, so it must not be counted where those could
 * matter: it would vote twice in a term, or help to elect a leader without an entry that was
 * committed because of it. (The dissertation, 3.8, therefore lets no such server return.)
 *
 * The rule. While it recovers, a member grants no vote, stands for no election, and marks all its
 * answers with the number of its recovery. A leader that sees the mark counts the member for no
 * commitment, no confirmation of a read and no check of its quorum, while majorities are still taken
 * of all voters; it forgets what the member had, and creates an entry, the *barrier*. Heartbeats name
 * it. When it is committed, by others, and is in the member's log, the recovery is over: the member
 * takes its vote in this term to be the leader's, and answers such a heartbeat without the mark. From
 * then on it counts again. A group whose majority lost its logs is beyond this, as beyond any rule.
 *
 * The beginning. A new member looks like one whose disk was replaced, so it recovers as well; but a
 * group that begins has nobody to recover from. So a member without an entry (`isFounding`) may vote
 * for one without an entry, and stand for election itself: it gets so far only where a majority has
 * none, which is where nothing was ever committed. It is sound from its vote on, durably,
 * before it is told. The request for it names the recovery that the member has named in its pre-vote,
 * so one that comes late does nothing to a later life, which may have forgotten more. A member that was
 * never heard counts among those whose disks are gone: that a majority is not, is all that is asked.
 *
 * Why it is safe. Let e be the barrier, created in term T after the loss and committed by a majority
 * Q without the member.
 * - No candidate can win a term P > T with a vote that the member gave before the loss. It needs a
 *   voter X of Q. If X voted before it took e, it was past T and did not take e; if after, it
 *   refused, since the candidate's log, as of when it asked the member, cannot hold e (5.4.1).
 * - No leader of a term S > T can commit with an acknowledgement from before the loss: it was elected
 *   before the loss by some X of Q, which then did not take e in T.
 * - In term T itself the member may have voted; it will not vote again, because its vote is set.
 * - Everything that was committed with its help in terms up to T is in the log of T's leader up to e
 *   (leader completeness, 5.4.3; in T itself it is the leader's own log), so now in its log too.
 */

import { assert } from "../base/assert.ts";
import { type LogIndex, logIndex, type MemberId } from "../base/ids.ts";
import { NO_INDEX } from "./log-entry.ts";
import type { Progress } from "./progress.ts";
import type { RaftState } from "./raft-state.ts";

/** Whether a member counts for majorities. */
export function counts(peer: Progress | undefined): peer is Progress {
  return peer !== undefined && peer.recovery === undefined;
}

/**
 * At a leader: takes note of the mark on an answer. True if a recovery begins, for which the leader
 * must create an entry.
 */
export function beginsRecovery(
  state: RaftState,
  peer: Progress,
  recovering: number | undefined,
): boolean {
  if (recovering === undefined || peer.recovery?.id === recovering) return false;
  peer.forget();
  peer.recovery = { id: recovering, index: logIndex(state.log.lastIndex + 1) };
  return true;
}

/**
 * At a leader: a heartbeat that named the recovery was answered without the mark. So the member has
 * known it, and is past it. This also frees a member that a late answer put back into recovery.
 */
export function endRecovery(peer: Progress, recoveryId: number | undefined): void {
  if (peer.recovery !== undefined && peer.recovery.id === recoveryId) peer.recovery = undefined;
}

/** At a leader: whether an answer may be from before the loss, and tell of what is gone. */
export function isForgotten(peer: Progress, recovering: number | undefined): boolean {
  return peer.recovery !== undefined && recovering === undefined;
}

/** At the member: it has nothing, and may help to begin a group in which nobody has anything. */
export function isFounding({ recoveryId, log, membership }: RaftState): boolean {
  return recoveryId !== undefined && log.lastIndex === NO_INDEX && membership.voters.length > 1;
}

/** At the member: it votes among members without an entry, and is sound with that. */
export function found(state: RaftState): void {
  if (state.recoveryId === undefined) return;
  assert(isFounding(state), "only a member without an entry helps to begin a group");
  state.recoveryId = undefined;
  state.hasRecovered = true;
}

/** At the member: its leader says where the barrier is. */
export function finishRecovery(
  state: RaftState,
  leader: MemberId,
  recovery: { readonly id: number; readonly index: LogIndex } | undefined,
): void {
  if (recovery === undefined || recovery.id !== state.recoveryId) return;
  if (state.commitIndex < recovery.index) return;
  assert(state.leader === leader, "only the leader of the term ends a recovery");
  state.recoveryId = undefined;
  state.hasRecovered = true;
  state.votedFor ??= leader;
}
