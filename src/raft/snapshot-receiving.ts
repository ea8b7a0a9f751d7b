/**
 * How a follower takes in a snapshot (InstallSnapshot; Raft, figure 13). The transfer outlives
 * crashes and leaders: what is durable of it counts, and only a younger snapshot, or another
 * leader's, begins a new one.
 */

import type { LogIndex } from "../base/ids.ts";
import { acceptAppend, hearLeader, verify } from "./follower.ts";
import { IncomingSnapshot } from "./incoming-snapshot.ts";
import type { SnapshotChunk } from "./message.ts";
import type { RaftState } from "./raft-state.ts";
import { isSameSnapshot } from "./stored-snapshot.ts";

export function onSnapshotChunk(state: RaftState, message: SnapshotChunk): void {
  const follower = hearLeader(state, message.from);
  const { index, term } = message.snapshot.meta;
  if (index <= state.commitIndex) return acceptAppend(state, follower);
  if (state.log.matches(index, term)) {
    // Rule 6: the log has all of it, and the leader says that it is committed.
    verify(follower, index);
    state.commitTo(index);
    return acceptAppend(state, follower);
  }
  const incoming = incomingFor(state, message);
  if (incoming === undefined) return;
  const isGap = !incoming.receive(message.offset, message.data);
  tellProgress(state, message.from, incoming, isGap);
  installIfComplete(state);
}

/** The transfer that a chunk belongs to; `undefined` for a late one, of a transfer given up. */
function incomingFor(state: RaftState, message: SnapshotChunk): IncomingSnapshot | undefined {
  const { incoming } = state;
  if (incoming !== undefined && isSameSnapshot(incoming.snapshot, message.snapshot)) {
    incoming.term = message.term;
    return incoming;
  }
  const isYounger = (since: LogIndex): boolean => message.snapshot.meta.index >= since;
  const replaces =
    incoming === undefined ||
    message.term > incoming.term ||
    isYounger(incoming.snapshot.meta.index);
  if (!replaces) return undefined;
  state.incoming = new IncomingSnapshot(message.snapshot, message.term);
  return state.incoming;
}

function tellProgress(
  state: RaftState,
  to: SnapshotChunk["from"],
  incoming: IncomingSnapshot,
  isGap: boolean,
): void {
  state.afterPersist.put({
    ...state.envelope(to),
    type: "snapshot-progress",
    recovering: state.recoveryId,
    snapshotIndex: incoming.snapshot.meta.index,
    checksum: incoming.snapshot.checksum,
    receivedBytes: incoming.receivedBytes,
    isGap,
  });
}

/**
 * Puts a snapshot that is durable to its last byte in the place of the log (rule 7) and, in the next
 * `Ready`, of the state machine (rule 8). A member that stands for election keeps the log that it
 * told of; should a leader be heard first, the next chunk brings it back here.
 */
export function installIfComplete(state: RaftState): void {
  const { incoming, role } = state;
  if (incoming === undefined || !incoming.isComplete || role.name !== "follower") return;
  const { snapshot } = incoming;
  const { index } = snapshot.meta;
  state.log.restore(snapshot, state.commitIndex);
  state.members.restore(snapshot.meta);
  state.savedSnapshot = snapshot;
  state.handedIndex = index;
  state.appliedIndex = index;
  state.commitTo(index);
  verify(role, index);
  if (role.leader !== undefined) acceptAppend(state, role);
}

/** The shell found that a snapshot which was received whole is not what it should be. */
export function discardDamaged(state: RaftState): void {
  const { incoming, role } = state;
  if (incoming === undefined) return;
  incoming.discard();
  if (role.name === "follower" && role.leader !== undefined) {
    tellProgress(state, role.leader, incoming, true);
  }
}
