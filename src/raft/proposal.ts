/**
 * Proposals of commands: a leader appends them to its log, anybody else refuses, and says who leads.
 */

import { createEntry } from "./commit.ts";
import { ENTRY_OVERHEAD_BYTES } from "./limits.ts";
import type { RaftState } from "./raft-state.ts";
import { type Proposal, refuse } from "./refusal.ts";

/** Takes a command into the log, if this member leads and has room. */
export function propose(state: RaftState, data: Uint8Array): Proposal {
  const { role, settings } = state;
  const { proposalBytesMax, uncommittedBytesMax } = settings.limits;
  if (role.name !== "leader") return refuse(state, "not-leader");
  if (role.transfer !== undefined) return refuse(state, "transferring");
  if (data.length > proposalBytesMax) return refuse(state, "too-large");
  // When nothing is under way, anything of a legal size is taken, or it never would be.
  const bytes = role.uncommittedBytes + data.length + ENTRY_OVERHEAD_BYTES;
  if (role.uncommittedBytes > 0 && bytes > uncommittedBytesMax) return refuse(state, "overloaded");
  return { accepted: true, index: createEntry(state, role, "command", data), term: state.term };
}
