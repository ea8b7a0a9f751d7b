/**
 * Carries the messages of a group over RaftService streams: one to each other member, which has one to
 * this member in its turn. Members come and go, and move: links that say nothing any more are given up.
 */

import { type Clock, REAL_CLOCK } from "../base/clock.ts";
import type { MemberId } from "../base/ids.ts";
import type { Message } from "../raft/message.ts";
import type { ChannelLimits } from "../rpc/client/channel.ts";
import type { Address } from "../rpc/security/address.ts";
import type { TlsIdentity } from "../rpc/security/tls-identity.ts";
import type { Token } from "../rpc/security/token.ts";
import { type Service, service } from "../rpc/server/serve.ts";
import { raftService } from "../rpc/services/raft-service.ts";
import { MemberLink } from "./member-link.ts";
import type { QueueLimits } from "./message-queue.ts";
import type { Transport } from "./transport.ts";

/** What the links are made of. */
export interface GrpcTransportOptions {
  /** Where a member is, at the moment; asked again for each new stream. */
  readonly addressOf: (member: MemberId) => Address | undefined;
  /** Where this member is called, "host:port": told to those who may not know. */
  readonly ownAddress?: () => string | undefined;
  readonly tls: TlsIdentity | undefined;
  readonly token?: Token | undefined;
  readonly clock?: Clock;
  readonly queueLimits?: Partial<QueueLimits>;
  readonly channelLimits?: Partial<ChannelLimits>;
  readonly onTrouble?: (trouble: string) => void;
}

const MIB = 1024 * 1024;
/** Of one link. The core has no more than 8 MiB of entries and 2 MiB of a snapshot under way in one. */
const QUEUE_LIMITS: QueueLimits = { messagesMax: 4096, bytesMax: 32 * MIB };
/** Members of a group, and some that have just left it. */
const LINKS_MAX = 32;
/** Leaders are heard all the time, so whoever was told nothing for so long is no member any more. */
const IDLE_MS = 10 * 60_000;
const SWEEP_MS = 60_000;

/** See the head of this file. */
export class GrpcTransport implements Transport {
  readonly #options: GrpcTransportOptions;
  readonly #clock: Clock;
  readonly #links = new Map<MemberId, MemberLink>();
  readonly #stopSweeping: () => void;
  #isClosed = false;

  constructor(options: GrpcTransportOptions) {
    this.#options = options;
    this.#clock = options.clock ?? REAL_CLOCK;
    this.#stopSweeping = this.#clock.every(SWEEP_MS, () => this.#sweep());
  }

  send(message: Message): void {
    if (this.#isClosed) return;
    const link = this.#links.get(message.to) ?? this.#open(message.to);
    link?.send(message);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopSweeping();
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }

  #open(member: MemberId): MemberLink | undefined {
    if (this.#links.size >= LINKS_MAX) return undefined;
    const { addressOf, ownAddress, tls, token, queueLimits, channelLimits, onTrouble } =
      this.#options;
    const link = new MemberLink({
      address: () => addressOf(member),
      ownAddress: ownAddress ?? (() => undefined),
      name: `master ${member}`,
      tls,
      token,
      clock: this.#clock,
      queueLimits: { ...QUEUE_LIMITS, ...queueLimits },
      channelLimits,
      onTrouble: onTrouble ?? (() => {}),
    });
    this.#links.set(member, link);
    return link;
  }

  #sweep(): void {
    const since = this.#clock.nowMs() - IDLE_MS;
    for (const [member, link] of this.#links) {
      if (link.usedMs >= since) continue;
      this.#links.delete(member);
      void link.close();
    }
  }
}

/** The service by which the other members speak to this one; some say where they are called, too. */
export function raftServiceOf(
  receive: (message: Message, address: string | undefined) => void,
): Service {
  return service(raftService, {
    step: async (messages) => {
      for await (const { message, address } of messages) receive(message, address);
      return undefined;
    },
  });
}
