/**
 * What the group agrees on: a state that every member makes of the same commands in the same order.
 * The replica knows no more of it than this.
 */

import type { LogIndex } from "../base/ids.ts";

/** Deterministic: the same commands make the same state, at every member and in every life. */
export interface StateMachine {
  /**
   * Applies one committed command. It must not throw for a command that it does not like: all
   * members have it in their logs, and would end one after the other.
   */
  apply(command: Uint8Array, index: LogIndex): void;
  /**
   * The state as it is now, in pieces, and never without a byte. Nothing is applied before the last
   * piece is taken; the event loop gets a turn after each few milliseconds of it, so a piece should
   * be no more than some hundred kilobytes. What is handed out must not change any more.
   */
  encode(): Iterable<Uint8Array>;
  /**
   * Takes the place of the state: what `encode` made, here or at another member, cut anyhow. Bytes
   * that are no state are a reason to throw.
   */
  decode(bytes: AsyncIterable<Uint8Array>): Promise<void>;
}
