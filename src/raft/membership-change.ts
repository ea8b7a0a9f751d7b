/**
 * Changes of the members, one at a time (dissertation, 4.1). Two rules keep any two majorities that
 * matter from being disjoint: no change while another is not committed, and none by a leader that
 * has not committed an entry of its own term (Ongaro's correction of 2015 to the single-server
 * algorithm: without it a change of a former leader, not known here, might still be in force).
 */

import type { MemberId } from "../base/ids.ts";
import { createEntry } from "./commit.ts";
import { isHeardByMajority } from "./hearing.ts";
import { changedMembership, encodeMembership, type MembershipChange } from "./membership.ts";
import type { RaftState } from "./raft-state.ts";
import { hasCommittedInTerm } from "./reads.ts";
import { type Proposal, refuse } from "./refusal.ts";
import type { Leader } from "./role.ts";

/** Takes a change into the log, if this member leads and may. It is in effect at once. */
export function proposeChange(state: RaftState, change: MembershipChange): Proposal {
  const { role, members, settings } = state;
  if (role.name !== "leader") return refuse(state, "not-leader");
  if (role.transfer !== undefined) return refuse(state, "transferring");
  if (!hasCommittedInTerm(state)) return refuse(state, "not-established");
  if (members.currentIndex > state.commitIndex) return refuse(state, "change-pending");
  const next = changedMembership(members.current, change, settings.limits.membersMax);
  if (typeof next === "string") return refuse(state, next);
  if (change.kind === "promote" && !isCaughtUp(role, change.member)) {
    return refuse(state, "not-caught-up");
  }
  // It is in effect at once, so it could hold up the group for ever, its own undoing included.
  if (!isHeardByMajority(state, role, next)) return refuse(state, "no-majority");
  const index = createEntry(state, role, "membership", encodeMembership(next));
  return { accepted: true, index, term: state.term };
}

/** Whether a learner would not hold up the group as a voter (dissertation, 4.2.1). */
export function isCaughtUp(leader: Leader, learner: MemberId): boolean {
  const peer = leader.peers.get(learner);
  if (peer === undefined || peer.recovery !== undefined) return false;
  return peer.mode.kind === "replicate" && peer.catchUp?.isCaughtUp === true;
}
