/**
 * Who could be elected next, if all were to start again now with what is on their disks: nobody may
 * who lacks an entry that was committed (Raft, 5.4). It sees a wrong commitment when it is made, and
 * needs no election that would show it.
 */

import type { MemberId, Term } from "../../../src/base/ids.ts";
import type { MemberLog } from "./member-log.ts";

/** A member that could lead without an entry, each by the voters that its own log names. */
export function nextLeaderWithout(
  logs: ReadonlyMap<MemberId, MemberLog>,
  index: number,
  term: Term,
): MemberId | undefined {
  for (const [member, log] of logs) {
    if (log.holds(index, term) || !log.voters.includes(member)) continue;
    const votes = log.voters.filter((voter) => {
      const its = logs.get(voter);
      return its !== undefined && isUpToDate(log, its);
    });
    if (votes.length * 2 > log.voters.length) return member;
  }
  return undefined;
}

function isUpToDate(log: MemberLog, than: MemberLog): boolean {
  if (log.lastTerm !== than.lastTerm) return log.lastTerm > than.lastTerm;
  return log.lastIndex >= than.lastIndex;
}
