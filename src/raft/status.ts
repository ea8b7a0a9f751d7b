/**
 * What a member knows, for people and for metrics. A copy: reading it changes nothing.
 */

import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import { isHeard } from "./hearing.ts";
import type { Membership } from "./log-entry.ts";
import { isCaughtUp } from "./membership-change.ts";
import type { Progress } from "./progress.ts";
import type { RaftState } from "./raft-state.ts";
import type { RoleName } from "./ready.ts";
import type { Leader } from "./role.ts";

export interface RaftStatus {
  readonly id: MemberId;
  readonly role: RoleName;
  readonly term: Term;
  readonly votedFor: MemberId | undefined;
  readonly leader: MemberId | undefined;
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly durableIndex: LogIndex;
  readonly commitIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  readonly membership: Membership;
  readonly isRecovering: boolean;
  /** Of a snapshot that is being received. */
  readonly incoming: { readonly index: LogIndex; readonly receivedBytes: number } | undefined;
  /** The other members, as a leader sees them. */
  readonly peers: readonly PeerStatus[];
}

export interface PeerStatus {
  readonly id: MemberId;
  readonly mode: "probe" | "replicate" | "snapshot";
  readonly matchIndex: LogIndex;
  readonly nextIndex: LogIndex;
  /** It answered within the least election timeout. */
  readonly isHeard: boolean;
  readonly isRecovering: boolean;
  /** A learner that may be promoted. */
  readonly isCaughtUp: boolean;
  readonly inFlightAppends: number;
  readonly snapshotBytesSent: number;
}

export function statusOf(state: RaftState): RaftStatus {
  const { role, log, incoming } = state;
  return {
    id: state.id,
    role: role.name,
    term: state.term,
    votedFor: state.votedFor,
    leader: state.leader,
    firstIndex: (log.baseIndex + 1) as LogIndex,
    lastIndex: log.lastIndex,
    durableIndex: log.durableIndex,
    commitIndex: state.commitIndex,
    appliedIndex: state.appliedIndex,
    membership: state.membership,
    isRecovering: state.recoveryId !== undefined,
    incoming: incoming && {
      index: incoming.snapshot.meta.index,
      receivedBytes: incoming.receivedBytes,
    },
    peers:
      role.name === "leader"
        ? [...role.peers].map(([id, peer]) => peerStatus(state, role, id, peer))
        : [],
  };
}

function peerStatus(state: RaftState, leader: Leader, id: MemberId, peer: Progress): PeerStatus {
  const { mode } = peer;
  return {
    id,
    mode: mode.kind,
    matchIndex: peer.matchIndex,
    nextIndex: peer.nextIndex,
    isHeard: isHeard(state, leader, peer),
    isRecovering: peer.recovery !== undefined,
    isCaughtUp: isCaughtUp(leader, id),
    inFlightAppends: mode.kind === "replicate" ? mode.inFlight.count : 0,
    snapshotBytesSent: mode.kind === "snapshot" ? mode.transfer.sentBytes : 0,
  };
}
