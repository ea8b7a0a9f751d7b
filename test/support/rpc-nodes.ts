/**
 * Servers and channels on loopback for tests, closed in the order in which they can be.
 */

import { Channel, type ChannelLimits } from "../../src/rpc/client/channel.ts";
import type { Address } from "../../src/rpc/security/address.ts";
import type { Role } from "../../src/rpc/security/role.ts";
import type { TlsIdentity } from "../../src/rpc/security/tls-identity.ts";
import type { Token } from "../../src/rpc/security/token.ts";
import { RpcServer, type RpcServerOptions } from "../../src/rpc/server/rpc-server.ts";
import type { Service } from "../../src/rpc/server/serve.ts";

/** What a caller of a test is. */
export interface Caller {
  readonly tls?: TlsIdentity;
  readonly token?: Token;
  readonly role?: Role;
  readonly limits?: Partial<ChannelLimits>;
}

/** Opens servers and channels, and closes them all with `close`. */
export class RpcNodes {
  readonly #servers: RpcServer[] = [];
  readonly #channels: Channel[] = [];
  readonly troubles: string[] = [];
  readonly bugs: unknown[] = [];

  async listen(
    services: readonly Service[],
    options: Partial<RpcServerOptions> = {},
  ): Promise<RpcServer> {
    const server = await RpcServer.listen({
      address: { host: "127.0.0.1", port: 0 },
      tls: undefined,
      token: undefined,
      services,
      onTrouble: (trouble) => this.troubles.push(trouble),
      onBug: (_method, thrown) => this.bugs.push(thrown),
      ...options,
    });
    this.#servers.push(server);
    return server;
  }

  channel(to: RpcServer | Address, caller: Caller = {}): Channel {
    const { tls, token, role = "master", limits } = caller;
    const address = "address" in to ? to.address : to;
    const channel = new Channel({ address, role, tls, token, ...(limits && { limits }) });
    this.#channels.push(channel);
    return channel;
  }

  async close(): Promise<void> {
    for (const channel of this.#channels.splice(0)) channel.close();
    await Promise.all(this.#servers.splice(0).map((server) => server.close(0)));
  }
}
