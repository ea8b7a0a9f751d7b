/**
 * A proxy between two nodes that does to their connections what networks do: it swallows what is sent
 * in one direction or in both while the connections stay, and has one side forget them without a word
 * to the other. `await using` ends it.
 */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type Address, parseAddress } from "../../../src/rpc/security/address.ts";

/** From who calls to whom is called, or back. */
export type Direction = "up" | "down";

interface Pair {
  readonly caller: Socket;
  readonly called: Socket;
  /** It has lost bytes: nothing can be made of what comes after them. */
  isTorn: boolean;
}

/** See the head of this file. */
export class TcpProxy {
  /** Where connections go. */
  target: Address | undefined;
  readonly #swallowed = new Set<Direction>();
  readonly #pairs = new Set<Pair>();
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));

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

  /** What is sent so from now on gets nowhere, on old connections and on new ones. */
  swallow(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#swallowed.add(direction);
  }

  /** All passes again; connections that have lost something are reset. */
  heal(): void {
    this.#swallowed.clear();
    for (const pair of [...this.#pairs]) if (pair.isTorn) this.#reset(pair);
  }

  /** Those who called lose their connections; those who were called hear nothing of it. */
  forgetCallers(): void {
    for (const pair of this.#pairs) {
      pair.isTorn = true;
      pair.caller.resetAndDestroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pair of [...this.#pairs]) this.#reset(pair);
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(caller: Socket): void {
    if (this.target === undefined) return void caller.resetAndDestroy();
    const called = connect({ ...this.target, allowHalfOpen: true });
    const pair: Pair = { caller, called, isTorn: false };
    this.#pairs.add(pair);
    this.#pass(pair, caller, called, "up");
    this.#pass(pair, called, caller, "down");
  }

  #pass(pair: Pair, from: Socket, to: Socket, direction: Direction): void {
    const passes = (): boolean => {
      if (this.#swallowed.has(direction)) pair.isTorn = true;
      return !pair.isTorn;
    };
    from.on("data", (bytes) => {
      if (passes()) to.write(bytes);
    });
    from.on("end", () => {
      if (passes()) to.end();
    });
    from.on("error", () => {
      if (passes()) to.resetAndDestroy();
    });
    from.on("close", () => {
      if (pair.caller.destroyed && pair.called.destroyed) this.#pairs.delete(pair);
    });
  }

  #reset(pair: Pair): void {
    this.#pairs.delete(pair);
    for (const socket of [pair.caller, pair.called]) socket.resetAndDestroy();
  }
}
