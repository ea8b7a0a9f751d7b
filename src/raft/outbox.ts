/**
 * Messages that wait to be taken. A bounded queue: when nobody takes them, because a disk stalls,
 * the oldest are dropped, which the protocol takes as lost on the way. Of the kinds whose youngest
 * says all that the older ones said, only the youngest waits.
 */

import type { Message, OutgoingMessage } from "./message.ts";

export class Outbox<M extends Message | OutgoingMessage> {
  readonly #messagesMax: number;
  /** In the order of sending. The key is what a message supersedes, or unique. */
  #waiting = new Map<string | number, M>();
  #nextKey = 0;

  constructor(messagesMax: number) {
    this.#messagesMax = messagesMax;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  put(message: M): void {
    const key = supersedes(message) ? `${message.type} ${message.to}` : this.#nextKey++;
    this.#waiting.delete(key);
    this.#waiting.set(key, message);
    if (this.#waiting.size > this.#messagesMax) {
      const [oldest] = this.#waiting.keys();
      this.#waiting.delete(oldest!);
    }
  }

  /** Removes and returns all. */
  take(): readonly M[] {
    if (this.isEmpty) return [];
    const messages = [...this.#waiting.values()];
    this.#waiting = new Map();
    return messages;
  }
}

function supersedes({ type }: Message | OutgoingMessage): boolean {
  switch (type) {
    case "append":
    case "snapshot-chunk":
    case "read-request":
    case "read-response":
      return false;
    default:
      return true;
  }
}
