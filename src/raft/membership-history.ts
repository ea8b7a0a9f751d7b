/**
 * Which membership held from which index on. A membership takes effect when its entry is appended,
 * committed or not (dissertation, 4.1), so it must come undone when that entry is truncated; and a
 * snapshot at an index must name the members as of that index, whatever has changed since.
 *
 * What always holds: there is at least one membership, indices increase, and at most one of them is
 * not committed (membership-change.ts sees to that).
 */

import { assert } from "../base/assert.ts";
import type { LogIndex, MemberId } from "../base/ids.ts";
import type { LogEntry, Membership, SnapshotMeta } from "./log-entry.ts";
import { decodeMembership, isMember } from "./membership.ts";

interface MembershipSince {
  readonly index: LogIndex;
  readonly membership: Membership;
}

export class MembershipHistory {
  #items: MembershipSince[];

  constructor(base: SnapshotMeta, entries: readonly LogEntry[]) {
    this.#items = [{ index: base.index, membership: base.membership }];
    for (const entry of entries) this.append(entry);
  }

  /** The one in effect. */
  get current(): Membership {
    return this.#items.at(-1)!.membership;
  }

  /** Where the one in effect was appended. */
  get currentIndex(): LogIndex {
    return this.#items.at(-1)!.index;
  }

  /** The one before it, if the log still reaches back so far. */
  get previous(): Membership | undefined {
    return this.#items.at(-2)?.membership;
  }

  /** Whether a member is, or was, of the group, as far back as the log knows. */
  everHad(member: MemberId): boolean {
    return this.#items.some(({ membership }) => isMember(membership, member));
  }

  /** Takes note of an appended entry. */
  append(entry: LogEntry): void {
    if (entry.kind !== "membership") return;
    const membership = decodeMembership(entry.data);
    assert(membership !== undefined, `the membership at index ${entry.index} can be decoded`);
    this.#items.push({ index: entry.index, membership });
  }

  /** Forgets the memberships of entries at and after `index`. */
  truncateFrom(index: LogIndex): void {
    while (this.#items.length > 1 && this.currentIndex >= index) this.#items.pop();
  }

  /** The membership after the entry at `index`, which the log still knows of. */
  at(index: LogIndex): Membership {
    const item = this.#items.findLast((each) => each.index <= index);
    assert(item !== undefined, `the membership at index ${index} is known`);
    return item.membership;
  }

  /** Forgets what no index at or after `index` needs. */
  compactTo(index: LogIndex): void {
    const first = this.#items.findLastIndex((each) => each.index <= index);
    if (first > 0) this.#items = this.#items.slice(first);
  }

  /** Begins anew from a snapshot that another member sent. */
  restore(meta: SnapshotMeta): void {
    this.#items = [{ index: meta.index, membership: meta.membership }];
  }
}
