/**
 * The reads asked of this member, leader or not, until they can be served from the applied state.
 * A read that got its index waits until that index is applied; one that gets none in time, because
 * a message was lost or nobody leads, fails: no read waits for ever.
 *
 * What always holds: a read ends exactly once, as an outcome in `Ready.reads`.
 */

import type { LogIndex } from "../base/ids.ts";
import type { ReadOutcome } from "./ready.ts";

interface LocalRead {
  /** Where the leader's commit index stood after the read was asked; unknown at first. */
  readIndex: LogIndex | undefined;
  ticksLeft: number;
}

export class LocalReads {
  readonly #readsMax: number;
  readonly #timeoutTicks: number;
  readonly #waiting = new Map<number, LocalRead>();
  #outcomes: ReadOutcome[] = [];

  constructor(readsMax: number, timeoutTicks: number) {
    this.#readsMax = readsMax;
    this.#timeoutTicks = timeoutTicks;
  }

  get isFull(): boolean {
    return this.#waiting.size >= this.#readsMax;
  }

  add(id: number): void {
    this.#waiting.set(id, { readIndex: undefined, ticksLeft: this.#timeoutTicks });
  }

  /** The leader's answer. Late answers, to reads that have ended, are ignored. */
  answer(id: number, readIndex: LogIndex | undefined): void {
    const read = this.#waiting.get(id);
    if (read === undefined) return;
    if (readIndex === undefined) this.#end({ id, failed: "refused" });
    else read.readIndex ??= readIndex;
  }

  /** Fails the reads that wait for a leader who leads no more. */
  leaderChanged(): void {
    for (const [id, { readIndex }] of this.#waiting) {
      if (readIndex === undefined) this.#end({ id, failed: "leader-changed" });
    }
  }

  tick(): void {
    for (const [id, read] of this.#waiting) {
      read.ticksLeft--;
      if (read.ticksLeft <= 0) this.#end({ id, failed: "timed-out" });
    }
  }

  /** Whether there are outcomes once entries up to `appliedIndex` are applied. */
  hasOutcomes(appliedIndex: LogIndex): boolean {
    if (this.#outcomes.length > 0) return true;
    for (const { readIndex } of this.#waiting.values()) {
      if (readIndex !== undefined && readIndex <= appliedIndex) return true;
    }
    return false;
  }

  takeOutcomes(appliedIndex: LogIndex): readonly ReadOutcome[] {
    for (const [id, { readIndex }] of this.#waiting) {
      if (readIndex !== undefined && readIndex <= appliedIndex) this.#end({ id, readIndex });
    }
    const outcomes = this.#outcomes;
    this.#outcomes = [];
    return outcomes;
  }

  #end(outcome: ReadOutcome): void {
    this.#waiting.delete(outcome.id);
    this.#outcomes.push(outcome);
  }
}
