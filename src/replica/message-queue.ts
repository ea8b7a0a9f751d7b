/**
 * Messages on their way to one stream. Where the stream does not take them as fast as they come, the
 * oldest are lost: the youngest say more.
 */

import { assert } from "../base/assert.ts";
import type { Message } from "../raft/message.ts";

/** What may wait. */
export interface QueueLimits {
  readonly messagesMax: number;
  /** A message that is larger waits alone. */
  readonly bytesMax: number;
}

/** About what a message takes besides its data. */
const MESSAGE_BYTES = 64;
const ENTRY_BYTES = 32;

/** See the head of this file. Taken by one consumer, once. */
export class MessageQueue implements AsyncIterable<Message> {
  readonly #limits: QueueLimits;
  #messages: Message[] = [];
  #bytes = 0;
  #hasEnded = false;
  #isTaken = false;
  #wake: (() => void) | undefined;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  push(message: Message): void {
    if (this.#hasEnded) return;
    this.#messages.push(message);
    this.#bytes += bytesOf(message);
    const { messagesMax, bytesMax } = this.#limits;
    const isOver = (): boolean => this.#messages.length > messagesMax || this.#bytes > bytesMax;
    while (this.#messages.length > 1 && isOver()) this.#shift();
    this.#wakeUp();
  }

  /** Ends the stream at once; what waits is lost. */
  end(): void {
    this.#hasEnded = true;
    this.#messages = [];
    this.#wakeUp();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message> {
    assert(!this.#isTaken, "a queue has one consumer");
    this.#isTaken = true;
    for (;;) {
      while (this.#messages.length > 0) yield this.#shift();
      if (this.#hasEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #shift(): Message {
    const message = this.#messages.shift()!;
    this.#bytes -= bytesOf(message);
    return message;
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

function bytesOf(message: Message): number {
  switch (message.type) {
    case "append": {
      const { entries } = message;
      return entries.reduce((bytes, { data }) => bytes + ENTRY_BYTES + data.length, MESSAGE_BYTES);
    }
    case "snapshot-chunk":
      return MESSAGE_BYTES + message.data.length;
    default:
      return MESSAGE_BYTES;
  }
}
