/**
 * The appends under way to one member that nobody has acknowledged: a window bounded in messages
 * and in bytes, so that a slow member cannot make a leader or a network hold the whole log.
 *
 * What always holds: indices increase from the oldest to the youngest.
 */

import type { LogIndex } from "../base/ids.ts";

interface SentAppend {
  readonly lastIndex: LogIndex;
  readonly bytes: number;
}

export class InFlight {
  readonly #appendsMax: number;
  readonly #bytesMax: number;
  #appends: SentAppend[] = [];
  #bytes = 0;

  constructor(appendsMax: number, bytesMax: number) {
    this.#appendsMax = appendsMax;
    this.#bytesMax = bytesMax;
  }

  get count(): number {
    return this.#appends.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** No more may be sent before something is acknowledged. */
  get isFull(): boolean {
    return this.#appends.length >= this.#appendsMax || this.#bytes >= this.#bytesMax;
  }

  add(lastIndex: LogIndex, bytes: number): void {
    this.#appends.push({ lastIndex, bytes });
    this.#bytes += bytes;
  }

  /** Forgets the appends whose entries are all at or before `index`. */
  acknowledge(index: LogIndex): void {
    let acknowledged = 0;
    for (const { lastIndex, bytes } of this.#appends) {
      if (lastIndex > index) break;
      this.#bytes -= bytes;
      acknowledged++;
    }
    if (acknowledged > 0) this.#appends.splice(0, acknowledged);
  }
}
