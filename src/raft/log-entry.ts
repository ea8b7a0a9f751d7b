/**
 * The words in which the consensus core and its durable log speak to each other: entries, what a
 * member must never forget, and who the members are. Plain data; the core makes it, the log keeps it.
 *
 * What always holds: indices begin at 1 and have no gaps; terms never fall from entry to entry.
 */

import type { LogIndex, MemberId, Term } from "../base/ids.ts";

/** Before the first entry, and before the first term. */
export const NO_INDEX = 0 as LogIndex;
export const NO_TERM = 0 as Term;

/**
 * One entry of the replicated log. A new leader begins its term with an empty entry of kind
 * `"no-op"` (dissertation, section 6.4); `"membership"` carries an encoded `Membership`.
 */
export interface LogEntry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly kind: "command" | "membership" | "no-op";
  readonly data: Uint8Array;
}

/** What is durable before any message that depends on it leaves (Raft, figure 2: persistent state). */
export interface HardState {
  readonly term: Term;
  readonly votedFor: MemberId | undefined;
  /** Kept so that a restart applies at once what was known to be committed; it may lag. */
  readonly commitIndex: LogIndex;
}

/** The members of the group. Learners receive the log and have no vote (dissertation, 4.2.1). */
export interface Membership {
  readonly voters: readonly MemberId[];
  readonly learners: readonly MemberId[];
}

/** What a snapshot stands for: the state after `index`, and the members as of then. */
export interface SnapshotMeta {
  readonly index: LogIndex;
  readonly term: Term;
  readonly membership: Membership;
}
