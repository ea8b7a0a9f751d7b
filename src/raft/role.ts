/**
 * What a member is at a time, and what only matters while it is that (Raft, figure 4, and the
 * pre-candidate of the dissertation's 9.6). State of a role cannot outlive it.
 */

import type { LogIndex, MemberId } from "../base/ids.ts";
import type { LeaderReads } from "./leader-reads.ts";
import type { Progress } from "./progress.ts";

/** Votes as they came in. The first answer of a member counts. */
export type Votes = Map<MemberId, boolean>;

export interface Follower {
  readonly name: "follower";
  /** Of the current term, once it was heard. */
  readonly leader: MemberId | undefined;
  /** The log is known to agree with the leader's up to here. Committed entries always do (5.4.3). */
  verifiedIndex: LogIndex;
}

export interface PreCandidate {
  readonly name: "pre-candidate";
  readonly attempt: number;
  readonly votes: Votes;
  /** The recoveries of those that would help to begin the group (see recovery.ts). */
  readonly founders: Map<MemberId, number>;
}

export interface Candidate {
  readonly name: "candidate";
  readonly votes: Votes;
}

export interface Leader {
  readonly name: "leader";
  /** All other members, and those that were just removed, by increasing id. */
  peers: ReadonlyMap<MemberId, Progress>;
  readonly reads: LeaderReads;
  /** Leadership is being handed over, and no proposals are taken meanwhile (dissertation, 3.10). */
  transfer: Transfer | undefined;
  /** Of entries after the commit index. */
  uncommittedBytes: number;
  /** Since the election. */
  ticks: number;
  /** A heartbeat must go out now: its time has come, or a read waits for it. */
  isHeartbeatDue: boolean;
}

export interface Transfer {
  readonly to: MemberId;
  ticksLeft: number;
  /** The member was told to hold an election. */
  isOrdered: boolean;
}

export type Role = Follower | PreCandidate | Candidate | Leader;
