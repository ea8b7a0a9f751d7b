/**
 * What a leader sends (Raft, 5.3; dissertation, 3.5 and 10.2.2). Nothing is sent the moment it is
 * known: whoever handles an input changes the progress of members, and `flush`, called when the
 * shell takes messages, sends to each what its progress allows. So many proposals make one append.
 */

import { logIndex, type MemberId } from "../base/ids.ts";
import { CatchUp } from "./catch-up.ts";
import { entryBytes } from "./entry-log.ts";
import { minIndex } from "./index-order.ts";
import { CATCH_UP_ROUND_TIMEOUTS, FAREWELL_TIMEOUTS } from "./limits.ts";
import type { LogEntry } from "./log-entry.ts";
import { isVoter, membersOf } from "./membership.ts";
import { Progress } from "./progress.ts";
import type { RaftState } from "./raft-state.ts";
import type { Leader } from "./role.ts";
import { SnapshotTransfer } from "./snapshot-transfer.ts";

/** Sends what is due. */
export function flush(state: RaftState, leader: Leader): void {
  for (const [id, peer] of leader.peers) {
    sendEntries(state, id, peer);
    sendChunks(state, id, peer);
    // Last, so that the answer already tells of the entries.
    if (leader.isHeartbeatDue) sendHeartbeat(state, leader, id, peer);
  }
  leader.isHeartbeatDue = false;
  orderElection(state, leader);
}

function sendHeartbeat(state: RaftState, leader: Leader, to: MemberId, peer: Progress): void {
  // Never more than the member is known to have: beyond, its log may be another leader's.
  const commitIndex = minIndex(state.commitIndex, peer.matchIndex);
  state.atOnce.put({
    ...state.envelope(to),
    type: "heartbeat",
    commitIndex,
    readRound: leader.reads.round,
    recovery: peer.recovery,
  });
}

function sendEntries(state: RaftState, to: MemberId, peer: Progress): void {
  const { log, settings } = state;
  for (;;) {
    const { mode } = peer;
    if (mode.kind === "snapshot") return;
    // First of all: appends that were lost before the log was compacted never leave the window.
    if (peer.nextIndex <= log.baseIndex) return beginSnapshot(state, peer);
    if (mode.kind === "probe" ? mode.isWaiting : mode.inFlight.isFull) return;
    const hasMore = peer.nextIndex <= log.lastIndex;
    // That more is committed is told with the next entries, or the next heartbeat: an append of its own
    // for each step of the commit index would be every other message of a busy group.
    if (!hasMore && mode.kind === "replicate") return;
    const entries = hasMore
      ? log.entriesFrom(peer.nextIndex, log.lastIndex, settings.limits.appendBytesMax)
      : [];
    sendAppend(state, to, peer, entries);
    if (mode.kind === "probe") {
      mode.isWaiting = true;
    } else if (entries.length > 0) {
      peer.nextIndex = logIndex(peer.nextIndex + entries.length);
      mode.inFlight.add(logIndex(peer.nextIndex - 1), bytesOf(entries));
    }
  }
}

/** AppendEntries from `nextIndex` on; without entries, a question whether the logs agree so far. */
export function sendAppend(
  state: RaftState,
  to: MemberId,
  peer: Progress,
  entries: readonly LogEntry[],
): void {
  const prevIndex = logIndex(peer.nextIndex - 1);
  state.atOnce.put({
    ...state.envelope(to),
    type: "append",
    prevIndex,
    prevTerm: state.log.termAt(prevIndex)!,
    entries,
    commitIndex: state.commitIndex,
  });
}

/** What the member needs is compacted (Raft, 7). Without a snapshot at hand it has to wait. */
function beginSnapshot(state: RaftState, peer: Progress): void {
  const { savedSnapshot, settings } = state;
  if (savedSnapshot === undefined) return;
  const { chunkBytesMax, chunksInFlightMax } = settings.limits;
  const retryTicks = settings.electionTicks;
  peer.sendSnapshot(
    new SnapshotTransfer(savedSnapshot, { chunkBytesMax, chunksInFlightMax, retryTicks }),
  );
}

function sendChunks(state: RaftState, to: MemberId, peer: Progress): void {
  if (peer.mode.kind !== "snapshot") return;
  const { transfer } = peer.mode;
  for (let range = transfer.next(); range !== undefined; range = transfer.next()) {
    state.atOnce.put({
      ...state.envelope(to),
      type: "snapshot-chunk",
      snapshot: transfer.snapshot,
      ...range,
    });
  }
}

/** The last step of a transfer of leadership: the member has the whole log (3.10). */
function orderElection(state: RaftState, leader: Leader): void {
  const { transfer } = leader;
  if (transfer === undefined || transfer.isOrdered) return;
  if (leader.peers.get(transfer.to)?.matchIndex !== state.log.lastIndex) return;
  transfer.isOrdered = true;
  state.atOnce.put({ ...state.envelope(transfer.to), type: "timeout-now" });
}

/** Keeps the progress of exactly the members in effect, and of those who must hear farewell. */
export function followMembership(state: RaftState, leader: Leader): void {
  const { membership, log, settings } = state;
  const peers = new Map<MemberId, Progress>();
  for (const id of membersOf(membership)) {
    if (id === state.id) continue;
    const known = leader.peers.get(id);
    // Who was removed and comes back may have lost what it had.
    const isNew = known === undefined || known.farewellTick !== undefined;
    const peer = isNew ? new Progress(logIndex(log.lastIndex + 1), leader.ticks) : known;
    if (isVoter(membership, id)) peer.catchUp = undefined;
    else {
      const roundTicksMax = settings.electionTicks * CATCH_UP_ROUND_TIMEOUTS;
      peer.catchUp ??= new CatchUp(log.lastIndex, leader.ticks, roundTicksMax);
    }
    peers.set(id, peer);
  }
  for (const [id, peer] of leader.peers) {
    if (peers.has(id)) continue;
    peer.farewellTick ??= leader.ticks + settings.electionTicks * FAREWELL_TIMEOUTS;
    peers.set(id, peer);
  }
  leader.peers = new Map([...peers].sort(([a], [b]) => a - b));
  if (leader.transfer !== undefined && !isVoter(membership, leader.transfer.to)) {
    leader.transfer = undefined;
  }
}

function bytesOf(entries: readonly LogEntry[]): number {
  return entries.reduce((bytes, entry) => bytes + entryBytes(entry), 0);
}
