/**
 * Channels to other workers, kept while they are used and for a while after, so that ten thousand
 * small regions are fetched over one connection, and a large cluster does not leave thousands open.
 */

import { Channel } from "../../rpc/client/channel.ts";
import { parseAddress } from "../../rpc/security/address.ts";
import type { TlsIdentity } from "../../rpc/security/tls-identity.ts";
import type { RegionSource } from "../../rpc/wire/region.ts";

/** Channels that are open at once; the one that was asked for longest ago makes way. */
const CHANNELS_MAX = 128;

/** See the head of this file. Close it at the end. */
export class WorkerChannels {
  readonly #tls: TlsIdentity | undefined;
  /** By address, the one that was asked for last at the end. */
  readonly #channels = new Map<string, Channel>();

  constructor(tls: TlsIdentity | undefined) {
    this.#tls = tls;
  }

  /** The channel to a worker. Throws `USAGE` where its address cannot be called. */
  to({ address }: RegionSource): Channel {
    const known = this.#channels.get(address);
    this.#channels.delete(address);
    const channel =
      known ??
      new Channel({
        address: parseAddress("a worker's address", address),
        role: "worker",
        tls: this.#tls,
      });
    this.#channels.set(address, channel);
    if (this.#channels.size > CHANNELS_MAX) {
      const [oldest] = this.#channels.keys();
      // Far fewer regions are fetched at once than there are channels: nobody uses it.
      this.#channels.get(oldest!)!.close();
      this.#channels.delete(oldest!);
    }
    return channel;
  }

  close(): void {
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }
}
