/**
 * What members say to each other: plain data, one type each, told apart by `type`. Any message may
 * be lost, come twice, late, or out of order; every rule that handles one allows for that.
 *
 * `term` is always the sender's current term (Raft, 5.1): a higher one makes the receiver a follower
 * of that term, a lower one is answered with the receiver's own. Bounds are in limits.ts, and what
 * makes a message acceptable at all in well-formed.ts.
 */

import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { LogEntry } from "./log-entry.ts";
import type { StoredSnapshot } from "./stored-snapshot.ts";

interface Envelope {
  readonly from: MemberId;
  readonly to: MemberId;
  readonly term: Term;
}

/** What a member says to its leader, or to one that would be, who must know whether it counts. */
interface FollowerReply extends Envelope {
  /** The recovery that the sender is in: it counts for no majority until done (see recovery.ts). */
  readonly recovering: number | undefined;
}

/** What a candidate tells about its log, for the election restriction (Raft, 5.4.1). */
interface Candidacy extends Envelope {
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
}

/** "Would you vote for me in the next term?" It changes no term and no vote (dissertation, 9.6). */
export interface PreVoteRequest extends Candidacy {
  readonly type: "pre-vote-request";
  /** Which of the sender's pre-votes this is; the answer repeats it, so that a late one is known. */
  readonly attempt: number;
}

export interface PreVoteResponse extends FollowerReply {
  readonly type: "pre-vote-response";
  readonly attempt: number;
  readonly granted: boolean;
}

/** RequestVote (Raft, figure 2). */
export interface VoteRequest extends Candidacy {
  readonly type: "vote-request";
  /** The leader asked for this election, so that hearing it is no reason to refuse (4.2.3). */
  readonly transfer: boolean;
  /** The recovery that the receiver named in its pre-vote: with that one it may help to begin. */
  readonly founder: number | undefined;
}

export interface VoteResponse extends Envelope {
  readonly type: "vote-response";
  readonly granted: boolean;
}

/** AppendEntries (Raft, figure 2). Without entries it asks for a match. */
export interface Append extends Envelope {
  readonly type: "append";
  readonly prevIndex: LogIndex;
  readonly prevTerm: Term;
  readonly entries: readonly LogEntry[];
  readonly commitIndex: LogIndex;
}

/** The follower's log agrees with the leader's up to `matchIndex`, and is durable up to there. */
export interface AppendAccepted extends FollowerReply {
  readonly type: "append-accepted";
  readonly matchIndex: LogIndex;
}

/** The follower's log has another entry, or none, at `prevIndex` of the append. */
export interface AppendRejected extends FollowerReply {
  readonly type: "append-rejected";
  /** `prevIndex` of the append, by which a late rejection is known. */
  readonly rejectedIndex: LogIndex;
  /** The last entry of the follower's that may agree with the leader's log (Raft, end of 5.3). */
  readonly hintIndex: LogIndex;
  readonly hintTerm: Term;
}

/** "I lead this term": keeps elections away, tells the commit index, and confirms reads. */
export interface Heartbeat extends Envelope {
  readonly type: "heartbeat";
  /** What is committed of that which the receiver is known to have. */
  readonly commitIndex: LogIndex;
  /** The youngest round of reads; the answer repeats it (dissertation, 6.4). */
  readonly readRound: number;
  /** For a member in recovery: it is over when `index` is committed in its log. */
  readonly recovery: { readonly id: number; readonly index: LogIndex } | undefined;
}

export interface HeartbeatResponse extends FollowerReply {
  readonly type: "heartbeat-response";
  /** As in `AppendAccepted`: lost acknowledgements are made good by the next heartbeat. */
  readonly matchIndex: LogIndex;
  readonly readRound: number;
  /** The recovery that the heartbeat named. */
  readonly recoveryId: number | undefined;
}

/** To a leader of a past term, or to whoever spoke in one: "mine is higher" (Raft, 5.1). */
export interface NewerTerm extends Envelope {
  readonly type: "newer-term";
}

/**
 * A piece of a snapshot (InstallSnapshot; Raft, figure 13). Without data it asks how much of the
 * snapshot is there already, which is how every transfer begins and is resumed.
 */
export interface SnapshotChunk extends Envelope {
  readonly type: "snapshot-chunk";
  readonly snapshot: StoredSnapshot;
  readonly offset: number;
  readonly data: Uint8Array;
}

/** A chunk as the core sends it; the shell reads `byteCount` bytes at `offset` and adds them. */
export interface SnapshotChunkOrder extends Omit<SnapshotChunk, "data"> {
  readonly byteCount: number;
}

/** Bytes `[0, receivedBytes)` of the snapshot are durable at the follower. */
export interface SnapshotProgress extends FollowerReply {
  readonly type: "snapshot-progress";
  readonly snapshotIndex: LogIndex;
  readonly checksum: number;
  readonly receivedBytes: number;
  /** The chunk lay beyond `receivedBytes`: what is between must be sent again. */
  readonly isGap: boolean;
}

/** "Hold an election now": the last step of a transfer of leadership (dissertation, 3.10). */
export interface TimeoutNow extends Envelope {
  readonly type: "timeout-now";
}

/** A follower asks its leader for an index at which to serve a read (dissertation, 6.4). */
export interface ReadRequest extends Envelope {
  readonly type: "read-request";
  readonly requestId: number;
}

export interface ReadResponse extends Envelope {
  readonly type: "read-response";
  readonly requestId: number;
  /** `undefined` when the one asked is not the leader, or has too many reads waiting. */
  readonly readIndex: LogIndex | undefined;
}

export type Message =
  | PreVoteRequest
  | PreVoteResponse
  | VoteRequest
  | VoteResponse
  | Append
  | AppendAccepted
  | AppendRejected
  | Heartbeat
  | HeartbeatResponse
  | NewerTerm
  | SnapshotChunk
  | SnapshotProgress
  | TimeoutNow
  | ReadRequest
  | ReadResponse;

/** Any message, or one that the shell must complete before it travels. */
export type OutgoingMessage = Exclude<Message, SnapshotChunk> | SnapshotChunkOrder;
