/**
 * When this master leads, and who does when it does not: a leader is made for each term that it is
 * elected in, and ends with it.
 */

import type { MemberId, Term } from "../../base/ids.ts";
import { NO_TERM } from "../../raft/log-entry.ts";
import type { KnownLeader } from "../../replica/refused.ts";
import { notLeader } from "../../rpc/status.ts";
import type { Leader } from "../leader/leader.ts";
import type { ClusterEffect } from "../state/cluster-effect.ts";
import type { MemberAddresses } from "./member-addresses.ts";

/** What a reign is made of. */
export interface ReignOptions {
  readonly member: MemberId;
  readonly addresses: MemberAddresses;
  readonly lead: (term: Term) => Leader;
  readonly onEvent: (what: string, words: string) => void;
}

/** See the head of this file. */
export class Reign {
  readonly #options: ReignOptions;
  #known: KnownLeader = { leader: undefined, term: NO_TERM };
  #leader: Leader | undefined;
  #closing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: ReignOptions) {
    this.#options = options;
  }

  /** While this master leads. */
  get leader(): Leader | undefined {
    return this.#leader;
  }

  get known(): KnownLeader {
    return this.#known;
  }

  /** Throws `NOT_LEADER`, with the one who does, if that is known. */
  leading(): Leader {
    if (this.#leader === undefined) throw notLeader(this.#options.addresses.hint(this.#known));
    return this.#leader;
  }

  /** All of earlier terms is applied. */
  begin(term: Term): void {
    if (this.#isClosed) return;
    const { member, lead, onEvent } = this.#options;
    this.#known = { leader: member, term };
    this.#leader = lead(term);
    onEvent("leading", `This master leads term ${term}.`);
  }

  /** Another one leads, or nobody. */
  end(known: KnownLeader): void {
    const { addresses, onEvent } = this.#options;
    const before = this.#known;
    this.#known = known;
    const leader = this.#leader;
    this.#leader = undefined;
    if (leader !== undefined) {
      onEvent("deposed", "This master does not lead any more.");
      this.#closing = Promise.all([this.#closing, leader.close()]).then(() => {});
    }
    if (known.leader === undefined || known.leader === before.leader) return;
    const address = addresses.textOf(known.leader);
    onEvent("following", `Master ${known.leader} (${address}) leads term ${known.term}.`);
  }

  applied(effects: readonly ClusterEffect[]): void {
    this.#leader?.applied(effects);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const leader = this.#leader;
    this.#leader = undefined;
    await this.#closing;
    await leader?.close();
  }
}
