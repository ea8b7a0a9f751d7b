/**
 * How a leader begins, and what it does at each tick: heartbeats (Raft, 5.2), the check that a
 * majority still hears it (dissertation, 6.2), and what it only does for so long.
 */

import { assert } from "../base/assert.ts";
import { type LogIndex, logIndex } from "../base/ids.ts";
import { createEntry } from "./commit.ts";
import { isHeardByMajority } from "./hearing.ts";
import { LeaderReads } from "./leader-reads.ts";
import { NO_INDEX } from "./log-entry.ts";
import { encodeMembership } from "./membership.ts";
import type { Progress } from "./progress.ts";
import type { RaftState } from "./raft-state.ts";
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
  followMembership(state, leader);
  // The entries of earlier terms are committed with the first of this one (5.4.2, 8), and only then
  // does the leader know what is committed. So it begins with an entry of its own. The first leader
  // of a group writes down whom the group began with, for those who start with an empty log.
  const { members } = state;
  if (members.currentIndex > 0) createEntry(state, leader, "no-op", new Uint8Array(0));
  else createEntry(state, leader, "membership", encodeMembership(members.current));
}

/** One tick of a leader. */
export function tickLeader(state: RaftState, leader: Leader): void {
  const { electionTicks, heartbeatTicks } = state.settings;
  leader.ticks++;
  // Without a majority another may lead by now, and clients are better off elsewhere (6.2).
  if (!isHeardByMajority(state, leader, state.membership)) {
    return state.becomeFollower(state.term, undefined);
  }
  if (leader.ticks % heartbeatTicks === 0) {
    leader.isHeartbeatDue = true;
    if (leader.transfer !== undefined) leader.transfer.isOrdered = false;
  }
  if (leader.transfer !== undefined) {
    leader.transfer.ticksLeft--;
    if (leader.transfer.ticksLeft <= 0) leader.transfer = undefined;
  }
  for (const peer of leader.peers.values()) {
    if (peer.mode.kind === "snapshot") tickSnapshot(peer, leader.ticks, electionTicks);
  }
  sayFarewell(leader);
}

/** A member that is away will need a younger snapshot when it comes back. */
function tickSnapshot(peer: Progress, tick: number, electionTicks: number): void {
  const silentTicks = tick - peer.heardTick;
  if (silentTicks > 0 && silentTicks % electionTicks === 0) peer.probeFrom(NO_INDEX);
  else if (peer.mode.kind === "snapshot") peer.mode.transfer.tick();
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
