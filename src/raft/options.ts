/**
 * What a member starts with: who it is, what its disk held, how patient it is, and the one source of
 * chance. The same options and the same inputs give the same outputs.
 */

import { assert } from "../base/assert.ts";
import { type LogIndex, logIndex, type MemberId } from "../base/ids.ts";
import { emptyBase } from "./entry-log.ts";
import { MEMBER_ID_MAX, RAFT_LIMITS_DEFAULT, type RaftLimits } from "./limits.ts";
import {
  type HardState,
  type LogEntry,
  type Membership,
  NO_INDEX,
  NO_TERM,
  type SnapshotMeta,
} from "./log-entry.ts";
import { isMembership } from "./membership.ts";
import type { StoredSnapshot } from "./stored-snapshot.ts";

/** What the disk held when the member started. */
export interface RestoredState {
  readonly hardState: HardState;
  /** The last snapshot; of a log that has none, index 0 with the members that the group began with. */
  readonly snapshot: SnapshotMeta;
  /** Entries after the snapshot. Older ones may be there, and are ignored. */
  readonly entries: readonly LogEntry[];
  /**
   * A snapshot of another member that was being received, and how much of it is there. If that is
   * all of it, its checksum was verified.
   */
  readonly incoming?: { readonly snapshot: StoredSnapshot; readonly receivedBytes: number };
}

export interface RaftOptions {
  readonly id: MemberId;
  readonly restored: RestoredState;
  /**
   * Numbers in [0, 1). Election timeouts are drawn from it (Raft, 5.2), and numbers that no other
   * life of this member has used: seed it differently in each.
   */
  readonly random: () => number;
  /** Ticks without a leader before an election: between this and its double. 10 by default. */
  readonly electionTicks?: number;
  /** Ticks from heartbeat to heartbeat. 1 by default. */
  readonly heartbeatTicks?: number;
  readonly limits?: Partial<RaftLimits>;
  /**
   * The member lost its log, or found it corrupt. It may have voted and acknowledged what it has
   * forgotten, so it must not decide anything before it has recovered (see recovery.ts).
   */
  readonly recovering?: boolean;
}

/** What the rest of the core reads of the options. */
export interface RaftSettings {
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  readonly random: () => number;
  readonly limits: RaftLimits;
}

/** An empty disk: of the first members of a group, or, with no members, of one that will join. */
export function emptyDisk(membership: Membership): RestoredState {
  return {
    hardState: { term: NO_TERM, votedFor: undefined, commitIndex: NO_INDEX },
    snapshot: emptyBase(membership),
    entries: [],
  };
}

/** Checks the options and fills in what was left out. */
export function settingsOf(options: RaftOptions): RaftSettings {
  const { id, restored, electionTicks = 10, heartbeatTicks = 1, random } = options;
  assert(Number.isInteger(id) && id >= 1 && id <= MEMBER_ID_MAX, "a member id fits four bytes");
  assert(heartbeatTicks >= 1, "heartbeats are at least one tick apart");
  assert(electionTicks > heartbeatTicks, "elections are rarer than heartbeats");
  assert(isMembership(restored.snapshot.membership), "the restored members are distinct");
  const limits = { ...RAFT_LIMITS_DEFAULT, ...options.limits };
  for (const [name, bound] of Object.entries(limits)) {
    assert(Number.isInteger(bound) && bound >= 1, `the bound ${name} is a positive whole number`);
  }
  return { electionTicks, heartbeatTicks, random, limits };
}

/**
 * The commit index to begin with. The one on the disk never runs ahead of the entries there, because
 * the core hands out none that does; so if it does, entries are gone, and to go on as if they had
 * never been acknowledged could lose what the group has committed (dissertation, 3.8).
 */
export function restoredCommitIndex(
  { hardState, snapshot }: RestoredState,
  lastIndex: LogIndex,
  isRecovering: boolean,
): LogIndex {
  assert(
    isRecovering || hardState.commitIndex <= lastIndex,
    `the log holds all that was committed, up to ${hardState.commitIndex} (it ends at ${lastIndex}:` +
      " start the member as one that recovers)",
  );
  return logIndex(Math.max(snapshot.index, Math.min(hardState.commitIndex, lastIndex)));
}
