/**
 * Where a message goes: its term is compared first (Raft, 5.1), then the rule for its type applies.
 */

import { unreachable } from "../base/assert.ts";
import { onAnswer } from "./acknowledgement.ts";
import {
  hearsLeader,
  onPreVoteRequest,
  onPreVoteResponse,
  onTimeoutNow,
  onVoteRequest,
  onVoteResponse,
} from "./election.ts";
import { onAppend, onHeartbeat } from "./follower.ts";
import { TERM_LEAP_MAX } from "./limits.ts";
import type { Message } from "./message.ts";
import type { RaftState } from "./raft-state.ts";
import { onReadRequest, onReadResponse } from "./reads.ts";
import { onSnapshotChunk } from "./snapshot-receiving.ts";
import { isWellFormed } from "./well-formed.ts";

/** Handles one message of another member. */
export function step(state: RaftState, message: Message): void {
  if (!isWellFormed(message) || message.to !== state.id || message.from === state.id) return;
  if (message.term > state.term + TERM_LEAP_MAX) return;
  if (isDisruptive(state, message)) return;
  if (message.term > state.term) state.becomeFollower(message.term, undefined);
  else if (message.term < state.term && !isAnswerable(state, message)) return;
  dispatch(state, message);
}

/**
 * A request for a vote while a leader is heard changes nothing, not even the term (dissertation,
 * 4.2.3), unless that leader asked for the election (3.10).
 */
function isDisruptive(state: RaftState, message: Message): boolean {
  if (message.type === "pre-vote-request") return hearsLeader(state);
  if (message.type !== "vote-request" || message.transfer) return false;
  return message.term > state.term && hearsLeader(state);
}

/**
 * What to do with a message of a past term (Raft, figure 2: "reply false if term < currentTerm").
 * Requests are answered with the newer term, from which a stale leader learns that it leads no more,
 * and a candidate that it is late. Answers are of no use any more.
 */
function isAnswerable(state: RaftState, message: Message): boolean {
  switch (message.type) {
    case "append":
    case "heartbeat":
    case "snapshot-chunk":
    case "pre-vote-request":
    case "vote-request":
      state.afterPersist.put({ ...state.envelope(message.from), type: "newer-term" });
      return false;
    // A follower that lags in terms may still ask a leader; what it is told is as good.
    case "read-request":
      return true;
    default:
      return false;
  }
}

function dispatch(state: RaftState, message: Message): void {
  switch (message.type) {
    case "pre-vote-request":
      return onPreVoteRequest(state, message);
    case "pre-vote-response":
      return onPreVoteResponse(state, message);
    case "vote-request":
      return onVoteRequest(state, message);
    case "vote-response":
      return onVoteResponse(state, message);
    case "append":
      return onAppend(state, message);
    case "heartbeat":
      return onHeartbeat(state, message);
    case "snapshot-chunk":
      return onSnapshotChunk(state, message);
    case "timeout-now":
      return onTimeoutNow(state, message);
    case "read-request":
      return onReadRequest(state, message);
    case "read-response":
      return onReadResponse(state, message);
    case "append-accepted":
    case "append-rejected":
    case "heartbeat-response":
    case "snapshot-progress":
      if (state.role.name === "leader") onAnswer(state, state.role, message);
      return;
    case "newer-term":
      // Its term was all that it had to say.
      return;
    default:
      unreachable(message);
  }
}
