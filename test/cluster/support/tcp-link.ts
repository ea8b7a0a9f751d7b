/**
 * The connections from those who call to those who are called, and what networks do to them: what is
 * sent in one direction or in both is swallowed while the connections stay, all are reset and no new
 * ones come about, or one side forgets them without a word to the other.
 */

import { connect, type Socket } from "node:net";
import type { Address } from "../../../src/rpc/security/address.ts";

/** From who calls to whom is called, or back. */
export type Direction = "up" | "down";

interface Pair {
  readonly caller: Socket;
  readonly called: Socket;
  /** These directions have lost bytes: nothing can be made of what comes after them. */
  readonly torn: Set<Direction>;
}

/** See the head of this file. */
export class TcpLink {
  readonly #swallowed = new Set<Direction>();
  readonly #pairs = new Set<Pair>();
  #refuses = false;

  /** Who has called is connected with whom it calls. */
  join(caller: Socket, target: Address | undefined): void {
    if (target === undefined || this.#refuses) return void caller.resetAndDestroy();
    const called = connect({ ...target, allowHalfOpen: true });
    const pair: Pair = { caller, called, torn: new Set() };
    this.#pairs.add(pair);
    this.#pass(pair, caller, called, "up");
    this.#pass(pair, called, caller, "down");
  }

  /** What is sent so from now on gets nowhere, on old connections and on new ones. */
  swallow(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#swallowed.add(direction);
  }

  /** All connections are reset, and so is whoever calls from now on. */
  refuse(): void {
    this.#refuses = true;
    for (const pair of [...this.#pairs]) this.#reset(pair);
  }

  /** All passes again; connections that have lost something are reset. */
  heal(): void {
    this.#refuses = false;
    this.#swallowed.clear();
    for (const pair of [...this.#pairs]) if (pair.torn.size > 0) this.#reset(pair);
  }

  /** Those who called lose their connections; those who were called hear nothing of it. */
  forgetCallers(): void {
    for (const pair of this.#pairs) {
      pair.torn.add("up").add("down");
      pair.caller.resetAndDestroy();
    }
  }

  /** Resets all connections. */
  end(): void {
    for (const pair of [...this.#pairs]) this.#reset(pair);
  }

  #pass(pair: Pair, from: Socket, to: Socket, direction: Direction): void {
    const passes = (): boolean => {
      if (this.#swallowed.has(direction)) pair.torn.add(direction);
      return !pair.torn.has(direction);
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
