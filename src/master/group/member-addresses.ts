/**
 * Where the masters of the group are: as the flags say, as the log says of those that came since, and,
 * of one that neither knows of here yet, as it says itself. A master that has lost its log, or is only
 * behind in it, must be able to answer a new one: the new one may be the only leader there can be. And
 * who is a member counts from when that is written, so where it is must be known by then, and not only
 * when it is committed: without the new one's vote it may never be.
 */

import type { MemberId } from "../../base/ids.ts";
import type { KnownLeader } from "../../replica/refused.ts";
import { type Address, addressText, parseAddress } from "../../rpc/security/address.ts";
import type { LeaderHint } from "../../rpc/wire/attempt.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { addressIn } from "../state/command-codec.ts";

/** Members of a group, and some that have been. */
const HEARD_MAX = 32;

/** See the head of this file. */
export class MemberAddresses {
  readonly #peers: ReadonlyMap<MemberId, Address>;
  readonly #state: () => ClusterState;
  /** As they said themselves; bounded, like the group. */
  readonly #heard = new Map<MemberId, Address>();

  constructor(peers: ReadonlyMap<MemberId, Address>, state: () => ClusterState) {
    this.#peers = peers;
    this.#state = state;
  }

  /** A master has spoken, and may have said where it is called, "host:port". */
  heard(member: MemberId, said: string | undefined): void {
    if (said === undefined || this.#peers.has(member)) return;
    const known = this.#heard.get(member);
    if (known !== undefined && addressText(known) === said) return;
    this.#heard.set(member, parseAddress("a master's address", said));
    const [oldest] = this.#heard.keys();
    if (this.#heard.size > HEARD_MAX && oldest !== undefined) this.#heard.delete(oldest);
  }

  /** A command was written to the log, and may never be committed. */
  logged(command: Uint8Array): void {
    const told = addressIn(command);
    if (told !== undefined) this.heard(told.member, told.address);
  }

  /** Undefined of one that nobody has told of. */
  of(member: MemberId): Address | undefined {
    const address = this.#state().members.get(member);
    if (address === undefined) return this.#peers.get(member) ?? this.#heard.get(member);
    return parseAddress("a master's address", address);
  }

  /** "host:port"; empty if it is not known. */
  textOf(member: MemberId): string {
    const address = this.of(member);
    return address === undefined ? "" : addressText(address);
  }

  /** Where to go instead; undefined while nobody leads. */
  hint({ leader, term }: KnownLeader): LeaderHint | undefined {
    if (leader === undefined) return undefined;
    const address = this.textOf(leader);
    return { member: leader, address: address === "" ? undefined : address, term };
  }
}
