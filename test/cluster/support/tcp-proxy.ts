/**
 * A proxy between two nodes, with an address of its own: who calls it is connected with its target by a
 * link that a test may cut. `await using` ends it.
 */

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type Address, parseAddress } from "../../../src/rpc/security/address.ts";
import { TcpLink } from "./tcp-link.ts";

/** See the head of this file. */
export class TcpProxy extends TcpLink {
  /** Where connections go. */
  target: Address | undefined;
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => {
    this.join(socket, this.target);
  });

  static async start(target?: string): Promise<TcpProxy> {
    const proxy = new TcpProxy();
    if (target !== undefined) proxy.target = parseAddress("the target", target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** "host:port". */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    this.#server.close();
    await once(this.#server, "close");
  }
}
