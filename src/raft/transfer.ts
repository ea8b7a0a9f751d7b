/**
 * Handing leadership over (dissertation, 3.10): the leader takes no more proposals, brings the
 * member's log up to date, and tells it to hold an election at once. If that does not succeed within
 * an election timeout, the leader goes on.
 */

import type { MemberId } from "../base/ids.ts";
import { isVoter } from "./membership.ts";
import type { RaftState } from "./raft-state.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Leader } from "./role.ts";

/** Whether a transfer has begun. That it succeeded shows in `Ready.standing`. */
export type TransferTicket = { readonly accepted: true } | Refusal;

export function transferLeadership(state: RaftState, to: MemberId): TransferTicket {
  const { role, settings } = state;
  if (role.name !== "leader") return refuse(state, "not-leader");
  if (to === state.id) return { accepted: true };
  if (!isVoter(state.membership, to)) return refuse(state, "unknown-member");
  if (role.transfer?.to === to) return { accepted: true };
  startTransfer(role, to, settings.electionTicks);
  return { accepted: true };
}

/** A later transfer takes the place of one that has not ended. */
function startTransfer(leader: Leader, to: MemberId, ticksLeft: number): void {
  leader.transfer = { to, ticksLeft, isOrdered: false };
}
