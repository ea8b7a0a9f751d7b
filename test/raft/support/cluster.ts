/** Virtual members on a virtual network. */

import { type MemberId, memberId } from "../../../src/base/ids.ts";
import type { Membership } from "../../../src/raft/log-entry.ts";
import { type MemberHooks, type MemberSettings, VirtualMember } from "./virtual-member.ts";
import { VirtualNetwork } from "./virtual-network.ts";

export class Cluster {
  readonly network = new VirtualNetwork();
  readonly members = new Map<MemberId, VirtualMember>();
  readonly #settings: MemberSettings;
  readonly #randomOf: (id: MemberId, life: number) => () => number;
  readonly #hooks: Omit<MemberHooks, "send">;

  constructor(
    settings: MemberSettings,
    randomOf: (id: MemberId, life: number) => () => number,
    hooks: Omit<MemberHooks, "send"> = {},
  ) {
    this.#settings = settings;
    this.#randomOf = randomOf;
    this.#hooks = hooks;
  }

  /** A member with an empty disk; it is not started. */
  add(id: number, membership: Membership): VirtualMember {
    const member = new VirtualMember(
      memberId(id),
      membership,
      this.#settings,
      (life) => this.#randomOf(memberId(id), life),
      { ...this.#hooks, send: (message) => this.network.send(message) },
    );
    this.members.set(member.id, member);
    return member;
  }

  member(id: number): VirtualMember {
    const member = this.members.get(memberId(id));
    if (member === undefined) throw new Error(`There is no member ${id}.`);
    return member;
  }

  get up(): readonly VirtualMember[] {
    return [...this.members.values()].filter((member) => member.isUp);
  }

  /** Whoever leads the highest term of those that are up. */
  get leader(): VirtualMember | undefined {
    const leaders = this.up.filter(({ raft }) => raft.status().role === "leader");
    return leaders.sort((a, b) => b.raft.status().term - a.raft.status().term)[0];
  }

  /**
   * Lets the members given do what they have to, and delivers what they send to each other, until
   * nothing is left to do. Time does not pass.
   */
  settle(ids: readonly number[] = [...this.members.keys()]): void {
    for (let rounds = 0; this.round(ids); rounds++) {
      if (rounds > 10_000) throw new Error("The members do not come to rest.");
    }
  }

  /** One round of that. False if there was nothing to do. */
  round(ids: readonly number[]): boolean {
    let isQuiet = true;
    const isUp = (id: number): boolean => this.members.get(memberId(id))?.isUp === true;
    for (const id of ids) {
      while (isUp(id) && this.member(id).raft.hasReady()) {
        this.member(id).doReady();
        isQuiet = false;
      }
    }
    for (const message of this.network.remove(({ from, to }) => {
      return ids.includes(from) && ids.includes(to) && isUp(to);
    })) {
      this.member(message.to).raft.step(message);
      isQuiet = false;
    }
    return !isQuiet;
  }
}
