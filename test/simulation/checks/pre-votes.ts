/**
 * Who was told by whom that it would win an election: only with the word of a majority may a member
 * begin a new term (Ongaro's dissertation, 9.6), or one that was cut off deposes a leader whom all
 * others hear.
 */

import type { MemberId } from "../../../src/base/ids.ts";
import type { PreVoteResponse } from "../../../src/raft/message.ts";

/** See the head of this file. */
export class PreVotes {
  /** By member and attempt: who has said yes. An answer to an attempt may come after those to the next. */
  readonly #granted = new Map<MemberId, Map<number, Set<MemberId>>>();

  /** A member answers another that asks. */
  answers({ from, to, attempt, granted }: PreVoteResponse): void {
    if (!granted) return;
    const attempts = this.#granted.get(to) ?? new Map<number, Set<MemberId>>();
    this.#granted.set(to, attempts);
    const voters = attempts.get(attempt) ?? new Set<MemberId>();
    attempts.set(attempt, voters.add(from));
  }

  /** Those who would vote for a member, itself among them: of each attempt, the last one first. */
  of(member: MemberId): readonly ReadonlySet<MemberId>[] {
    const attempts = [...(this.#granted.get(member)?.values() ?? [])].reverse();
    return [...attempts, new Set<MemberId>()].map((voters) => new Set([member, ...voters]));
  }
}
