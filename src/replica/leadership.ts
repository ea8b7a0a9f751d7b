/**
 * Whether this member leads, and may act: the core says that it was elected, and then the first entry
 * of its term must be applied here. That is its own, and by then everything that earlier leaders have
 * committed is applied too (Raft, 8).
 *
 * What always holds: `onLeading` of a term comes once, and `onFollowing` before anything that is not
 * this leader's own.
 */

import type { Term } from "../base/ids.ts";
import type { LogEntry } from "../raft/log-entry.ts";
import { NO_TERM } from "../raft/log-entry.ts";
import type { Standing } from "../raft/ready.ts";
import type { ReplicaObserver } from "./options.ts";
import type { KnownLeader } from "./refused.ts";

export class Leadership {
  readonly #observer: ReplicaObserver;
  #standing: Standing | undefined;
  /** The term of which an entry is applied, while this member leads it. */
  #actsIn: Term | undefined;
  /** Told of each change; ends by its own answer. */
  readonly #watchers = new Set<(standing: Standing) => boolean>();

  constructor(observer: ReplicaObserver) {
    this.#observer = observer;
  }

  get known(): KnownLeader {
    return this.#standing ?? { leader: undefined, term: NO_TERM };
  }

  /** The term that this member leads and may act in. */
  get actsIn(): Term | undefined {
    return this.#actsIn;
  }

  /** Takes in what the core says. True if a lead is lost that was there before. */
  heed(standing: Standing): boolean {
    const before = this.#standing;
    this.#standing = standing;
    const { leader, term } = standing;
    const leads = standing.role === "leader";
    // Between two looks at it, a member may lose the lead and win it again, in another term.
    const isLost = before?.role === "leader" && (!leads || term !== before.term);
    if (isLost) this.#actsIn = undefined;
    const isNews = before === undefined || before.leader !== leader || before.term !== term;
    if (!leads && (isNews || isLost)) this.#observer.onFollowing(leader, term);
    else if (isLost) this.#observer.onFollowing(undefined, term);
    if (standing.isRemoved && before?.isRemoved !== true) this.#observer.onRemoved?.();
    for (const watch of this.#watchers) if (watch(standing)) this.#watchers.delete(watch);
    return isLost;
  }

  /** An entry was applied. */
  applied({ term }: LogEntry): void {
    if (this.#actsIn === term) return;
    if (this.#standing?.role !== "leader" || this.#standing.term !== term) return;
    this.#actsIn = term;
    this.#observer.onLeading(term);
  }

  /** Calls back at each change until the answer is true; the result calls it off. */
  watch(callback: (standing: Standing) => boolean): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }
}
