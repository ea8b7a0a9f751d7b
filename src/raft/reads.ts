/**
 * Linearizable reads without a log entry (dissertation, 6.4, "ReadIndex"). They may be asked of the
 * leader or of a follower, which asks its leader for the index; in both cases the read is served
 * from the state of the member that was asked, once that index is applied there.
 */

import type { MemberId } from "../base/ids.ts";
import type { ReadOrigin } from "./leader-reads.ts";
import type { ReadRequest, ReadResponse } from "./message.ts";
import { reachedByMajority } from "./quorum.ts";
import type { RaftState } from "./raft-state.ts";
import { counts } from "./recovery.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Leader } from "./role.ts";

/** The number of a read, by which its outcome is known, or why there is none. */
export type ReadTicket = { readonly accepted: true; readonly id: number } | Refusal;

/** Asks for a read at this member. */
export function askRead(state: RaftState): ReadTicket {
  const { role, leader } = state;
  if (leader === undefined) return refuse(state, "no-leader");
  const isFull = state.localReads.isFull || (role.name === "leader" && role.reads.isFull);
  if (isFull) return refuse(state, "overloaded");
  const id = state.uniqueNumber();
  state.localReads.add(id);
  if (role.name === "leader") takeRead(state, role, { member: state.id, requestId: id });
  else state.atOnce.put({ ...state.envelope(leader), type: "read-request", requestId: id });
  return { accepted: true, id };
}

/** A follower asks. */
export function onReadRequest(state: RaftState, { from, requestId }: ReadRequest): void {
  const { role } = state;
  if (role.name === "leader" && !role.reads.isFull && role.peers.has(from)) {
    takeRead(state, role, { member: from, requestId });
    return;
  }
  const readIndex = undefined;
  state.afterPersist.put({ ...state.envelope(from), type: "read-response", requestId, readIndex });
}

export function onReadResponse(state: RaftState, message: ReadResponse): void {
  state.localReads.answer(message.requestId, message.readIndex);
}

function takeRead(state: RaftState, leader: Leader, origin: ReadOrigin): void {
  if (!hasCommittedInTerm(state)) return leader.reads.hold(origin);
  leader.reads.begin(origin, state.commitIndex);
  leader.isHeartbeatDue = true;
  answerConfirmed(state, leader);
}

/** The leader has committed something: if it is the first, reads were waiting for it. */
export function releaseReads(state: RaftState, leader: Leader): void {
  if (!leader.reads.hasHeld) return;
  leader.reads.release(state.commitIndex);
  leader.isHeartbeatDue = true;
  answerConfirmed(state, leader);
}

/** Answers the reads that a majority has confirmed by now. */
export function answerConfirmed(state: RaftState, leader: Leader): void {
  const round = reachedByMajority(state.membership.voters, (voter) => {
    if (voter === state.id) return leader.reads.round;
    const peer = leader.peers.get(voter);
    return counts(peer) ? peer.confirmedRound : 0;
  });
  for (const { member, requestId, readIndex } of leader.reads.confirm(round)) {
    if (member === state.id) state.localReads.answer(requestId, readIndex);
    else answer(state, member, requestId, readIndex);
  }
}

function answer(
  state: RaftState,
  to: MemberId,
  requestId: number,
  readIndex: ReadResponse["readIndex"],
): void {
  state.atOnce.put({ ...state.envelope(to), type: "read-response", requestId, readIndex });
}

/** Only then does a new leader know which entries are committed (6.4, step 1). */
export function hasCommittedInTerm(state: RaftState): boolean {
  return state.log.termAt(state.commitIndex) === state.term;
}
