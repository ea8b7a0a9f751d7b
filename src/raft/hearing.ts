/**
 * Whom a leader hears: the members that answered within the least election timeout. They are what
 * its leadership rests on (dissertation, 6.2), and what a change of the members must leave in place.
 */

import type { Membership } from "./log-entry.ts";
import type { Progress } from "./progress.ts";
import { isMajority } from "./quorum.ts";
import type { RaftState } from "./raft-state.ts";
import { counts } from "./recovery.ts";
import type { Leader } from "./role.ts";

/** Whether a member answered within the least election timeout. */
export function isHeard(state: RaftState, leader: Leader, peer: Progress): boolean {
  return leader.ticks - peer.heardTick <= state.settings.electionTicks;
}

/** Whether a majority of the voters, the leader included if it is one, answers and counts. */
export function isHeardByMajority(
  state: RaftState,
  leader: Leader,
  { voters }: Membership,
): boolean {
  return isMajority(voters, (voter) => {
    if (voter === state.id) return true;
    const peer = leader.peers.get(voter);
    return counts(peer) && isHeard(state, leader, peer);
  });
}
