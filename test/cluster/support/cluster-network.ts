/**
 * The network of a cluster on loopback, whose links a test may cut. Each node has one address here that
 * all others know, as in a real network; what becomes of a connection to it depends on who calls, and
 * that is known by the process that has the other end. A list of addresses for each caller would not do:
 * who follows tells others, workers too, where the leader is, and they would go there over its own link.
 * `await using` ends it.
 */

import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type Address, parseAddress } from "../../../src/rpc/security/address.ts";
import { ownerOf } from "./connection-owner.ts";
import { TcpLink } from "./tcp-link.ts";

/** How all are called who are none of the nodes: clients. */
export const OUTSIDE = "outside";

/** Both ways, noticed or not, or one way: nothing comes from the first to the second. */
export type Cut = "reset" | "silent" | "one way";

/** Where a node is called. */
export interface Place {
  /** "host:port", as others know it. */
  readonly address: string;
  /** Where it listens, as soon as that is known. */
  target: Address | undefined;
}

/** See the head of this file. */
export class ClusterNetwork {
  readonly #nodes: () => ReadonlyMap<number, string>;
  readonly #servers: Server[] = [];
  /** By caller and called. */
  readonly #links = new Map<string, TcpLink>();

  /** `nodes` says which processes are which, at the moment. */
  constructor(nodes: () => ReadonlyMap<number, string>) {
    this.#nodes = nodes;
  }

  /** Gives a node an address. */
  async place(name: string, target?: string): Promise<Place> {
    const server = createServer({ allowHalfOpen: true }, (caller) => {
      this.#link(this.#whoIs(caller), name).join(caller, place.target);
    });
    this.#servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const place: Place = { address: `127.0.0.1:${port}`, target: undefined };
    if (target !== undefined) place.target = parseAddress("the target", target);
    return place;
  }

  /** Cuts the link of two nodes, whoever of them has called. */
  cut(one: string, other: string, how: Cut): void {
    const [to, from] = [this.#link(one, other), this.#link(other, one)];
    switch (how) {
      case "reset":
        to.refuse();
        return from.refuse();
      case "silent":
        to.swallow("up", "down");
        return from.swallow("up", "down");
      case "one way":
        to.swallow("up");
        return from.swallow("down");
    }
  }

  heal(one: string, other: string): void {
    this.#link(one, other).heal();
    this.#link(other, one).heal();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links.values()) link.end();
    await Promise.all(this.#servers.map((server) => once(server.close(), "close")));
  }

  #whoIs(caller: Socket): string {
    const nodes = this.#nodes();
    const pid = ownerOf(caller, nodes.keys());
    return pid === undefined ? OUTSIDE : nodes.get(pid)!;
  }

  #link(caller: string, called: string): TcpLink {
    const key = `${caller} > ${called}`;
    const link = this.#links.get(key) ?? new TcpLink();
    this.#links.set(key, link);
    return link;
  }
}
