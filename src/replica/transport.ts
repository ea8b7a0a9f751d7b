/**
 * How a replica speaks to the others of its group. What they say to it comes in by
 * `Replica.receive`.
 */

import type { Message } from "../raft/message.ts";

/** See the head of this file. */
export interface Transport {
  /**
   * Sends a message on its way, and may lose it: the protocol makes good for it. It never throws,
   * never blocks, and keeps no more than a bounded number of messages.
   */
  send(message: Message): void;
}
