/**
 * How entries come to be, and come to be committed (Raft, 5.3 and 5.4.2).
 */

import { type LogIndex, logIndex, type MemberId } from "../base/ids.ts";
import { ENTRY_OVERHEAD_BYTES } from "./limits.ts";
import type { LogEntry } from "./log-entry.ts";
import type { Progress } from "./progress.ts";
import { reachedByMajority } from "./quorum.ts";
import type { RaftState } from "./raft-state.ts";
import { releaseReads } from "./reads.ts";
import { counts } from "./recovery.ts";
import { flush, followMembership } from "./replication.ts";
import type { Leader } from "./role.ts";

/** Appends an entry to the leader's own log; it is sent, and written, from there. */
export function createEntry(
  state: RaftState,
  leader: Leader,
  kind: LogEntry["kind"],
  data: Uint8Array,
): LogIndex {
  const index = logIndex(state.log.lastIndex + 1);
  const entry: LogEntry = { index, term: state.term, kind, data };
  state.log.append([entry]);
  state.members.append(entry);
  leader.uncommittedBytes += data.length + ENTRY_OVERHEAD_BYTES;
  // A membership takes effect when it is appended (dissertation, 4.1).
  if (kind === "membership") followMembership(state, leader);
  return index;
}

/** The last entry that a majority has durably (Raft, figure 2, last rule for leaders). */
function replicatedIndex(state: RaftState, leader: Leader): LogIndex {
  const matchIndexOf = (voter: MemberId): LogIndex => {
    // A leader sends entries before its own disk has them, so its own copy counts like any other's:
    // when it is durable (dissertation, 10.2.1). A leader that is being removed does not count (4.2.2).
    if (voter === state.id) return state.log.durableIndex;
    const peer = leader.peers.get(voter);
    return counts(peer) ? peer.matchIndex : logIndex(0);
  };
  return logIndex(reachedByMajority(state.membership.voters, matchIndexOf));
}

/** Commits what a majority has. Called whenever a member has more, or the members changed. */
export function advanceCommit(state: RaftState, leader: Leader): void {
  const index = replicatedIndex(state, leader);
  if (index <= state.commitIndex) return;
  // Entries of earlier terms are not committed by counting (5.4.2, figure 8): one may be on a
  // majority and still be replaced. They are, with the first entry of this term after them.
  if (state.log.termAt(index) !== state.term) return;
  leader.uncommittedBytes -= state.log.bytesBetween(logIndex(state.commitIndex + 1), index);
  state.commitTo(index);
  releaseReads(state, leader);
  if (!state.isVoter && state.members.currentIndex <= state.commitIndex) resign(state, leader);
}

/**
 * A leader that was removed leads until its removal is committed, and then steps down (dissertation,
 * 4.2.2). It tells the others that it is, and names the member with the most complete log, so that nobody
 * waits for a timeout (3.10).
 */
function resign(state: RaftState, leader: Leader): void {
  leader.isHeartbeatDue = true;
  flush(state, leader);
  const heir = mostCompleteVoter(state, leader);
  if (heir !== undefined) state.atOnce.put({ ...state.envelope(heir), type: "timeout-now" });
  state.becomeFollower(state.term, undefined);
}

function mostCompleteVoter(state: RaftState, leader: Leader): MemberId | undefined {
  let best: [MemberId, Progress] | undefined;
  for (const [id, peer] of leader.peers) {
    if (!state.membership.voters.includes(id) || !counts(peer)) continue;
    if (best === undefined || peer.matchIndex > best[1].matchIndex) best = [id, peer];
  }
  return best?.[0];
}
