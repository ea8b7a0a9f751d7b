/**
 * What a member answers to those who want something of the group and cannot have it, or not now.
 */

import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { ChangeObjection } from "./membership.ts";
import type { RaftState } from "./raft-state.ts";

export type RefusalReason =
  /** Ask `leader`, if it is known. */
  | "not-leader"
  | "no-leader"
  /** Leadership is being handed over (dissertation, 3.10). */
  | "transferring"
  /** Too much is waiting; try again. */
  | "overloaded"
  /** It will never be taken. */
  | "too-large"
  /** The leader has not committed anything in its term yet; try again. */
  | "not-established"
  /** Another change of the members is not committed yet; try again. */
  | "change-pending"
  /** The learner does not have enough of the log yet; try again. */
  | "not-caught-up"
  /** After the change the leader would not hear a majority of the voters. */
  | "no-majority"
  | ChangeObjection;

export interface Refusal {
  readonly accepted: false;
  readonly reason: RefusalReason;
  readonly leader: MemberId | undefined;
}

/**
 * Where a proposal is in the log, or why it is not. An accepted one may still be lost: it has come
 * true only when `Ready.committed` brings an entry with the same index and term.
 */
export type Proposal =
  | { readonly accepted: true; readonly index: LogIndex; readonly term: Term }
  | Refusal;

export function refuse(state: RaftState, reason: RefusalReason): Refusal {
  return { accepted: false, reason, leader: state.leader };
}
