/**
 * Why a member does not do as it was asked, in words. `data.reason` is the core's word for it, and
 * `data.mayBeInLog` says whether what was proposed may yet come true.
 */

import { type ErrorCode, SheafError } from "../base/error.ts";
import type { MemberId, Term } from "../base/ids.ts";
import type { Refusal, RefusalReason } from "../raft/refusal.ts";

/** Who leads, as far as a member knows. */
export interface KnownLeader {
  readonly leader: MemberId | undefined;
  readonly term: Term;
}

/** What was proposed was not taken, and will not come true. */
export function refused({ reason, leader }: Refusal, term: Term): SheafError {
  const [code, words] = WORDS[reason];
  const isWithoutLeader = reason === "not-leader" || reason === "no-leader";
  const message = isWithoutLeader ? whoLeads(leader) : words;
  const data = { reason, leaderMember: leader, term, mayBeInLog: false };
  return new SheafError(code, message, { data });
}

/** Leadership was lost before a command was applied: nobody here can say whether it will be. */
export function leadershipLost({ leader, term }: KnownLeader): SheafError {
  const data = { reason: "leadership-lost", leaderMember: leader, term, mayBeInLog: true };
  return new SheafError(
    "NOT_LEADER",
    "This master lost its lead before the command was applied, which may or may not come true. " +
      whoLeads(leader),
    { data },
  );
}

export function tooManyProposals(count: number): SheafError {
  return new SheafError(
    "LIMIT_REACHED",
    `Cannot propose a command: ${count} wait to be applied already. Wait for some of them.`,
    { data: { waiting: count, mayBeInLog: false } },
  );
}

export function tooManyReads(count: number): SheafError {
  return new SheafError(
    "LIMIT_REACHED",
    `Cannot read the state: ${count} reads wait already. Wait for some of them.`,
    { data: { waiting: count } },
  );
}

/** A read, or a transfer, that a majority had no part in. */
export function noQuorum(what: string, timeoutMs: number): SheafError {
  return new SheafError(
    "CLUSTER_UNREACHABLE",
    `Cannot ${what}: no leader had it confirmed by a majority of the masters within ` +
      `${timeoutMs / 1000} s. Check that most of the masters run and reach each other.`,
    { data: { timeoutMs } },
  );
}

export function replicaClosed(): SheafError {
  return new SheafError("CANCELLED", "This master is going down. Ask another one.", {
    data: { mayBeInLog: true },
  });
}

function whoLeads(leader: MemberId | undefined): string {
  if (leader === undefined) return "No master leads at the moment: ask again.";
  return `Ask the master ${leader}, which leads.`;
}

const WORDS: Readonly<Record<RefusalReason, readonly [ErrorCode, string]>> = {
  "not-leader": ["NOT_LEADER", ""],
  "no-leader": ["NOT_LEADER", ""],
  transferring: ["NOT_LEADER", "The lead is being handed over to another master: ask again."],
  overloaded: ["LIMIT_REACHED", "Too much is waiting at this master: ask again."],
  "too-large": ["LIMIT_REACHED", "The command is larger than an entry of the log may be."],
  "not-established": ["NOT_LEADER", "This master has only begun to lead: ask again."],
  "change-pending": ["USAGE", "Another change of the masters is not done yet: ask again."],
  "not-caught-up": ["USAGE", "The new master does not have enough of the log yet: ask again."],
  "no-majority": [
    "CLUSTER_UNREACHABLE",
    "After the change the leader would not hear a majority of the masters. Start those that are down.",
  ],
  "already-member": ["USAGE", "It is one of the group's masters already."],
  "unknown-member": ["USAGE", "It is none of the group's masters."],
  "already-voter": ["USAGE", "It votes in the group already."],
  "last-voter": ["USAGE", "It is the last master that votes, and cannot be removed."],
  "too-many-members": ["USAGE", "The group has as many masters as it may have."],
};
