/**
 * How a leader begins, and what it does at each tick: heartbeats (Raft, 5.2), the check that a
 * majority still hears it (dissertation, 6.2), and what it only does for so long.
 */

import { assert } from "../base/assert.ts";
import { type LogIndex, logIndex } from "../base/ids.ts";
import { createEntry } from "./commit.ts";
import { LeaderReads } from "./leader-reads.ts";
import { NO_INDEX } from "./log-entry.ts";
import { isMajority } from "./quorum.ts";
import type { RaftState } from "./raft-state.ts";
import { counts } from "./recovery.ts";
import { followMembership } from "./replication.ts";
import type { Leader } from "./role.ts";

/** After a won election (Raft, figure 2, rules for leaders). */
export function becomeLeader(state: RaftState): void {
  assert(state.role.name === "candidate", "only candidates become leaders");
  const { log, commitIndex, settings } = state;
  const leader: Leader = {
    name: "leader",
    peers: new Map(),
    reads: new LeaderReads(settings.limits.readsMax),
    transfer: undefined,
    uncommittedBytes: log.bytesBetween(logIndex(commitIndex + 1), log.lastIndex),
    ticks: 0,
    isHeartbeatDue: false,
  };
  state.role = leader;
  state.electionElapsed = 0;
  followMembership(state, leader);
  // The entries of earlier terms are committed with the first of this one (5.4.2, 8), and only then
  // does the leader know what is committed. So it begins with an entry of its own.
  createEntry(state, leader, "no-op", new Uint8Array(0));
}

/** One tick of a leader. */
export function tickLeader(state: RaftState, leader: Leader): void {
  const { electionTicks, heartbeatTicks } = state.settings;
  leader.ticks++;
  state.electionElapsed++;
  if (state.electionElapsed >= electionTicks) {
    state.electionElapsed = 0;
    if (!hasMajority(state, leader)) return state.becomeFollower(state.term, undefined);
    giveUpOnSilentPeers(leader);
    for (const peer of leader.peers.values()) peer.isActive = false;
  }
  if (leader.ticks % heartbeatTicks === 0) {
    leader.isHeartbeatDue = true;
    if (leader.transfer !== undefined) leader.transfer.isOrdered = false;
  }
  if (leader.transfer !== undefined) {
    leader.transfer.ticksLeft--;
    if (leader.transfer.ticksLeft <= 0) leader.transfer = undefined;
  }
  for (const { mode } of leader.peers.values()) {
    if (mode.kind === "snapshot") mode.transfer.tick();
  }
  sayFarewell(leader);
}

/** Whether a majority answered since the last check: else another may lead by now (6.2). */
function hasMajority(state: RaftState, leader: Leader): boolean {
  return isMajority(state.membership.voters, (voter) => {
    if (voter === state.id) return true;
    const peer = leader.peers.get(voter);
    return counts(peer) && peer.isActive;
  });
}

/** A member that is away will need a younger snapshot when it comes back. */
function giveUpOnSilentPeers(leader: Leader): void {
  for (const peer of leader.peers.values()) {
    if (!peer.isActive && peer.mode.kind === "snapshot") peer.probeFrom(NO_INDEX);
  }
}

/** Members that were removed have had the time to learn of it. */
function sayFarewell(leader: Leader): void {
  const isGone = (tick: number | undefined): boolean => tick !== undefined && leader.ticks >= tick;
  const peers = [...leader.peers].filter(([, { farewellTick }]) => !isGone(farewellTick));
  if (peers.length < leader.peers.size) leader.peers = new Map(peers);
}

/** The snapshots that are on their way to members, by index, and the youngest of our own. */
export function snapshotsInUse(state: RaftState): readonly LogIndex[] {
  const indices = new Set<LogIndex>();
  if (state.savedSnapshot !== undefined) indices.add(state.savedSnapshot.meta.index);
  if (state.role.name === "leader") {
    for (const { mode } of state.role.peers.values()) {
      if (mode.kind === "snapshot") indices.add(mode.transfer.snapshot.meta.index);
    }
  }
  return [...indices].sort((a, b) => a - b);
}
