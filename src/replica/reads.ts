/**
 * Reads of what is committed ("ReadIndex"; dissertation, 6.4), here or at any other member: each
 * waits until everything that was committed when it was asked for is applied here. Those that are
 * asked for in one turn of the event loop share one question to the group. What comes to nothing,
 * because leaders change or messages are lost, is asked again until the reader's time is over.
 */

import type { Cancel } from "../base/clock.ts";
import type { Raft } from "../raft/raft.ts";
import type { ReadOutcome } from "../raft/ready.ts";
import type { ReplicaClock } from "./clock.ts";
import type { ReplicaLimits } from "./limits.ts";
import type { Settle } from "./options.ts";
import { noQuorum, tooManyReads } from "./refused.ts";

interface Reader extends Settle {
  cancelDeadline: Cancel;
}

export class Reads {
  readonly #raft: Raft;
  readonly #clock: ReplicaClock;
  readonly #readsMax: number;
  /** All that wait; who is missing has given up. */
  readonly #readers = new Set<Reader>();
  /** To be asked for at the next turn. */
  #fresh: Reader[] = [];
  /** Asked for, by the core's number. */
  readonly #asked = new Map<number, readonly Reader[]>();
  /** In vain; to be asked for again with the next tick. */
  #again: Reader[] = [];

  constructor(raft: Raft, clock: ReplicaClock, { readsMax }: ReplicaLimits) {
    this.#raft = raft;
    this.#clock = clock;
    this.#readsMax = readsMax;
  }

  /** Resolves when the state may be read; rejects when that takes longer than `timeoutMs`. */
  read(timeoutMs: number): Promise<void> {
    if (this.#readers.size >= this.#readsMax) {
      return Promise.reject(tooManyReads(this.#readers.size));
    }
    return new Promise((resolve, reject) => {
      const reader: Reader = { resolve, reject, cancelDeadline: () => {} };
      reader.cancelDeadline = this.#clock.after(timeoutMs, () => {
        this.#readers.delete(reader);
        reject(noQuorum("read the state", timeoutMs));
      });
      this.#readers.add(reader);
      this.#fresh.push(reader);
    });
  }

  /** Asks for all that have come since the last time. */
  ask(): void {
    const readers = this.#fresh.filter((reader) => this.#readers.has(reader));
    this.#fresh = [];
    if (readers.length === 0) return;
    const ticket = this.#raft.read();
    if (ticket.accepted) this.#asked.set(ticket.id, readers);
    else this.#again.push(...readers);
  }

  /** Time has passed: what was asked for in vain may be asked for again. */
  tick(): void {
    this.#fresh.push(...this.#again);
    this.#again = [];
  }

  /** An answer of the core's; the state is what it must be for it. */
  ended(outcome: ReadOutcome): void {
    const readers = this.#asked.get(outcome.id) ?? [];
    this.#asked.delete(outcome.id);
    for (const reader of readers) {
      if (!this.#readers.has(reader)) continue;
      if ("failed" in outcome) this.#again.push(reader);
      else {
        this.#forget(reader);
        reader.resolve();
      }
    }
  }

  /** Nobody reads here any more. */
  end(error: unknown): void {
    for (const reader of this.#readers) {
      this.#forget(reader);
      reader.reject(error);
    }
  }

  #forget(reader: Reader): void {
    this.#readers.delete(reader);
    reader.cancelDeadline();
  }
}
