/**
 * What a member does with what a leader sends: entries, heartbeats, pieces of a snapshot
 * (Raft, figures 2 and 13, "receiver implementation"). Their terms were checked: they are of the
 * current term, whose only leader is the sender.
 */

import { assert } from "../base/assert.ts";
import { type LogIndex, logIndex, type MemberId } from "../base/ids.ts";
import { maxIndex, minIndex } from "./index-order.ts";
import type { LogEntry } from "./log-entry.ts";
import type { Append, Heartbeat } from "./message.ts";
import type { RaftState } from "./raft-state.ts";
import { finishRecovery } from "./recovery.ts";
import type { Follower } from "./role.ts";

/** Whoever it was, this member now follows the leader (Raft, 5.2), and waits anew. */
export function hearLeader(state: RaftState, leader: MemberId): Follower {
  assert(state.role.name !== "leader", `term ${state.term} has one leader, and it is this member`);
  if (state.leader !== leader) state.becomeFollower(state.term, leader);
  state.electionElapsed = 0;
  return state.role as Follower;
}

/** AppendEntries (Raft, figure 2). */
export function onAppend(state: RaftState, message: Append): void {
  const follower = hearLeader(state, message.from);
  const { prevIndex, prevTerm, entries } = message;
  // What is committed here is in the log of every leader to come (5.4.3), so an append that begins
  // before that, because it is late or the leader is looking for a match, agrees with it.
  const agrees = prevIndex < state.commitIndex || state.log.matches(prevIndex, prevTerm);
  if (!agrees) return reject(state, message);
  appendNew(state, entries);
  verify(follower, logIndex(prevIndex + entries.length));
  // Rule 5, with all that this leader has verified: an append says nothing of what lies behind it,
  // which may be the rest of another leader's log.
  state.commitTo(minIndex(message.commitIndex, follower.verifiedIndex));
  acceptAppend(state, follower);
}

/** Rules 3 and 4: replaces what conflicts, keeps what agrees, appends the rest. */
function appendNew(state: RaftState, entries: readonly LogEntry[]): void {
  const { log, members } = state;
  // A late append must not cut off what came after it, so only a conflict truncates.
  const first = entries.findIndex(({ index, term }) => {
    return index > log.baseIndex && !log.matches(index, term);
  });
  if (first < 0) return;
  const { index } = entries[first]!;
  if (index <= log.lastIndex) {
    log.truncateFrom(index, state.commitIndex);
    members.truncateFrom(index);
  }
  const fresh = entries.slice(first);
  log.append(fresh);
  for (const entry of fresh) members.append(entry);
}

/**
 * Rule 2: no entry with the leader's term at `prevIndex`. The hint is the last entry that may be in
 * both logs: the leader's terms up to `prevIndex` are at most `prevTerm`, so entries with higher
 * ones are not in its log (Raft, end of 5.3).
 */
function reject(state: RaftState, { from, prevIndex, prevTerm }: Append): void {
  const { log } = state;
  const hintIndex = log.lastIndexWithTermAtMost(prevTerm, minIndex(prevIndex, log.lastIndex));
  state.afterPersist.put({
    ...state.envelope(from),
    type: "append-rejected",
    recovering: state.recoveryId,
    rejectedIndex: prevIndex,
    hintIndex,
    hintTerm: log.termAt(hintIndex)!,
  });
}

/** Notes that the log agrees with the leader's up to `index`, now and for the rest of the term. */
export function verify(follower: Follower, index: LogIndex): void {
  follower.verifiedIndex = maxIndex(follower.verifiedIndex, index);
}

/** Tells the leader how far the logs agree. Never the end of the log: it may be another leader's. */
export function acceptAppend(state: RaftState, follower: Follower): void {
  state.afterPersist.put({
    ...state.envelope(follower.leader!),
    type: "append-accepted",
    recovering: state.recoveryId,
    matchIndex: matchIndexOf(state, follower),
  });
}

/** A heartbeat: an AppendEntries without entries, and without a place to look for a match at. */
export function onHeartbeat(state: RaftState, message: Heartbeat): void {
  const follower = hearLeader(state, message.from);
  // The leader knows that we had this much; after a restart we do not know it of this leader.
  state.commitTo(minIndex(message.commitIndex, follower.verifiedIndex));
  finishRecovery(state, message.from, message.recovery);
  state.afterPersist.put({
    ...state.envelope(message.from),
    type: "heartbeat-response",
    recovering: state.recoveryId,
    matchIndex: matchIndexOf(state, follower),
    readRound: message.readRound,
    recoveryId: message.recovery?.id,
  });
}

function matchIndexOf(state: RaftState, follower: Follower): LogIndex {
  return maxIndex(follower.verifiedIndex, state.commitIndex);
}
