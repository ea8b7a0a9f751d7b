/**
 * Who was a voter when: the memberships that any log has held, by the index at which they began.
 */

import type { MemberId } from "../../../src/base/ids.ts";
import type { LogEntry } from "../../../src/raft/log-entry.ts";
import { decodeMembership } from "../../../src/raft/membership.ts";

/** See the head of this file. */
export class Memberships {
  /** In the order of their indices; two where logs have disagreed. */
  readonly #all: { readonly index: number; readonly voters: readonly MemberId[] }[];

  constructor(voters: readonly MemberId[]) {
    this.#all = [{ index: 0, voters }];
  }

  take({ kind, index, data }: LogEntry): void {
    if (kind !== "membership") return;
    const voters = decodeMembership(data)?.voters ?? [];
    this.#all.push({ index, voters });
    this.#all.sort((a, b) => a.index - b.index);
  }

  toString(): string {
    return this.#all.map(({ index, voters }) => `${voters.join("+")} from ${index}`).join("; ");
  }

  /**
   * Whether these are a majority of the voters, by a membership that a leader may have gone by when
   * it committed an entry: the last one before it, one that came after it, or the one it has now.
   */
  haveMajority(
    index: number,
    members: ReadonlySet<MemberId>,
    current: readonly MemberId[],
  ): boolean {
    const last = this.#all.findLast((membership) => membership.index <= index)!;
    const possible = this.#all.filter((membership) => membership.index >= last.index);
    return [...possible, { voters: current }].some(({ voters }) => {
      const count = voters.filter((voter) => members.has(voter)).length;
      return count > voters.length / 2;
    });
  }
}
