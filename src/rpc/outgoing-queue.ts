/**
 * A queue from whoever has something to say to the stream that carries it: what a master's or a
 * worker's event loop pushes, a session's stream takes, in order. It has a bound, because a peer that
 * reads nothing must not fill our memory.
 */

import { assert } from "../base/assert.ts";

/** See the head of this file. Taken by one consumer, once. */
export class OutgoingQueue<T> implements AsyncIterable<T> {
  readonly #max: number;
  readonly #items: T[] = [];
  #hasEnded = false;
  #isTaken = false;
  #wake: (() => void) | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes the item in; false if the queue is full or has ended, and then it is lost. */
  push(item: T): boolean {
    if (this.#hasEnded || this.#items.length >= this.#max) return false;
    this.#items.push(item);
    this.#wakeUp();
    return true;
  }

  /** Ends the stream after what is in the queue. */
  end(): void {
    this.#hasEnded = true;
    this.#wakeUp();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    assert(!this.#isTaken, "a queue has one consumer");
    this.#isTaken = true;
    try {
      for (;;) {
        while (this.#items.length > 0) yield this.#items.shift()!;
        if (this.#hasEnded) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      // Nobody takes any more.
      this.#hasEnded = true;
    }
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
