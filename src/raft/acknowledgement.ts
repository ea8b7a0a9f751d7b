/**
 * What a leader does with the answers of its members. Answers only change what it knows of them;
 * what there is to send follows from that (replication.ts).
 */

import { type LogIndex, logIndex } from "../base/ids.ts";
import { advanceCommit, createEntry } from "./commit.ts";
import { InFlight } from "./in-flight.ts";
import { minIndex } from "./index-order.ts";
import { NO_INDEX } from "./log-entry.ts";
import type {
  AppendAccepted,
  AppendRejected,
  HeartbeatResponse,
  SnapshotProgress,
} from "./message.ts";
import type { Progress } from "./progress.ts";
import type { RaftState } from "./raft-state.ts";
import { answerConfirmed } from "./reads.ts";
import { beginsRecovery, endRecovery, isForgotten } from "./recovery.ts";
import { sendAppend } from "./replication.ts";
import type { Leader } from "./role.ts";

type Answer = AppendAccepted | AppendRejected | HeartbeatResponse | SnapshotProgress;

export function onAnswer(state: RaftState, leader: Leader, message: Answer): void {
  const peer = leader.peers.get(message.from);
  if (peer === undefined) return;
  peer.heardTick = leader.ticks;
  if (beginsRecovery(state, peer, message.recovering)) {
    createEntry(state, leader, "no-op", new Uint8Array(0));
  }
  if (message.type === "heartbeat-response" && message.recovering === undefined) {
    endRecovery(peer, message.recoveryId);
  }
  if (isForgotten(peer, message.recovering)) return;
  switch (message.type) {
    case "append-accepted":
      return onMatch(state, leader, peer, message);
    case "append-rejected":
      return onAppendRejected(state, peer, message);
    case "heartbeat-response":
      return onHeartbeatResponse(state, leader, peer, message);
    case "snapshot-progress":
      return onSnapshotProgress(peer, message);
  }
}

/** The member's log agrees up to `matchIndex`, durably. */
function onMatch(
  state: RaftState,
  leader: Leader,
  peer: Progress,
  { matchIndex }: AppendAccepted | HeartbeatResponse,
): void {
  if (matchIndex > state.log.lastIndex) return;
  peer.acknowledge(matchIndex);
  resume(state, peer, matchIndex);
  peer.catchUp?.reached(peer.matchIndex, state.log.lastIndex, leader.ticks);
  advanceCommit(state, leader);
}

/** A member that was being probed, or was sent a snapshot, may be ready to be sent entries again. */
function resume({ log, settings }: RaftState, peer: Progress, matchIndex: LogIndex): void {
  const { mode } = peer;
  if (mode.kind === "replicate") return;
  // A probe is answered when its own place is acknowledged; less tells nothing new of it.
  if (mode.kind === "probe" && matchIndex < peer.nextIndex - 1) return;
  if (peer.matchIndex >= log.baseIndex) {
    const { inFlightAppendsMax, inFlightBytesMax } = settings.limits;
    peer.replicate(new InFlight(inFlightAppendsMax, inFlightBytesMax));
  } else if (mode.kind === "snapshot" && matchIndex >= mode.transfer.snapshot.meta.index) {
    // It has the snapshot, and what comes next was compacted meanwhile: it needs another.
    peer.probeFrom(NO_INDEX);
  }
}

/** The logs do not agree at `rejectedIndex` (Raft, 5.3: decrement nextIndex and retry). */
function onAppendRejected(state: RaftState, peer: Progress, message: AppendRejected): void {
  const { rejectedIndex, hintIndex, hintTerm } = message;
  if (!peer.isNewRejection(rejectedIndex)) return;
  // The member's terms up to the hint are at most `hintTerm`, so ours with higher ones are not in
  // its log: at most one probe for each term in which the logs differ (Raft, end of 5.3).
  const mayAgree = state.log.lastIndexWithTermAtMost(hintTerm, hintIndex);
  peer.probeFrom(minIndex(logIndex(mayAgree + 1), rejectedIndex));
}

function onHeartbeatResponse(
  state: RaftState,
  leader: Leader,
  peer: Progress,
  message: HeartbeatResponse,
): void {
  const isBehind = message.matchIndex < peer.nextIndex - 1;
  onMatch(state, leader, peer, message);
  if (state.role !== leader) return;
  // A probe that was not answered by now may be lost.
  if (peer.mode.kind === "probe") peer.mode.isWaiting = false;
  // So may appends: a question behind them is rejected if they are. It is also what a member needs
  // that restarted and cannot know how far its log agrees with ours.
  if (peer.mode.kind === "replicate" && isBehind && peer.nextIndex > state.log.baseIndex) {
    sendAppend(state, message.from, peer, []);
  }
  confirm(leader, peer, message.readRound);
  answerConfirmed(state, leader);
}

/** The member followed this leader after the round of reads began (dissertation, 6.4). */
function confirm(leader: Leader, peer: Progress, round: number): void {
  if (round > peer.confirmedRound && round <= leader.reads.round) peer.confirmedRound = round;
}

function onSnapshotProgress(peer: Progress, message: SnapshotProgress): void {
  if (peer.mode.kind !== "snapshot") return;
  const { transfer } = peer.mode;
  const { meta, checksum } = transfer.snapshot;
  if (message.snapshotIndex !== meta.index || message.checksum !== checksum) return;
  transfer.acknowledge(message.receivedBytes, message.isGap);
}
