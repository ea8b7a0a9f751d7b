/**
 * Who was told by whom that it would win an election: only with the word of a majority may a member
 * begin a new term (Ongaro's dissertation, 9.6), or one that was cut off deposes a leader whom all
 * others hear.
 */

import type { MemberId } from "../../../src/base/ids.ts";
import type { PreVoteResponse } from "../../../src/raft/message.ts";

/** See the head of this file. */
export class PreVotes {
  /** By member: who has said yes since it began a term last, to the attempt that was answered last. */
  readonly #granted = new Map<MemberId, { attempt: number; voters: Set<MemberId> }>();

  /** A member answers another that asks. */
  answers({ from, to, attempt, granted }: PreVoteResponse): void {
    if (!granted) return;
    const known = this.#granted.get(to);
    if (known?.attempt === attempt) known.voters.add(from);
    else this.#granted.set(to, { attempt, voters: new Set([from]) });
  }

  /** Those who would vote for a member, itself among them. */
  of(member: MemberId): ReadonlySet<MemberId> {
    return new Set([member, ...(this.#granted.get(member)?.voters ?? [])]);
  }
}
