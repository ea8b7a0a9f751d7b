/**
 * What a round of planning has made of one phase of a job: how many of its tasks wait, which is the
 * next, which attempts have been given a backup.
 */

import { idleCount, type Phase, type PhaseState } from "../state.ts";
import type { Straggler } from "./stragglers.ts";

/** See the head of this file. */
export class PhaseTurn {
  readonly name: Phase;
  readonly phase: PhaseState;
  /** Tasks that wait, and slots that the phase has, when the round is over. */
  waiting: number;
  held: number;
  /** A task waits that had better not go to any worker which has room. */
  isHeldBack = false;
  readonly #stragglers: () => readonly Straggler[];
  /** Before these, all are taken. */
  #nextRetry = 0;
  #nextFresh = 0;
  #nextUrgent = 0;
  #nextLate = 0;
  #backedUp: Set<number> | undefined;

  constructor(name: Phase, phase: PhaseState, stragglers: () => readonly Straggler[]) {
    this.name = name;
    this.phase = phase;
    this.waiting = idleCount(phase);
    this.held = phase.running.size;
    this.#stragglers = stragglers;
  }

  /** The next task that was tried before; -1 if there is none. */
  nextRetry(): number {
    const { retry } = this.phase;
    return retry.size === 0 ? -1 : retry.next(this.#nextRetry);
  }

  /** The next that was not; where tasks are taken in their order. */
  nextFresh(): number {
    return this.phase.fresh.next(this.#nextFresh);
  }

  /** A task that was tried before waits on, and others have their turn. */
  holdsBack(task: number): void {
    this.#nextRetry = task + 1;
    this.isHeldBack = true;
  }

  /** A task that waited has got a slot. */
  took(task: number): void {
    if (this.phase.retry.has(task)) this.#nextRetry = task + 1;
    else this.#nextFresh = task + 1;
    this.waiting--;
    this.held++;
  }

  /** An attempt without a backup that is slow; each is asked for once in a round. */
  nextStraggler(mustBeFarBehind: boolean): Straggler | undefined {
    const stragglers = this.#stragglers();
    let next = mustBeFarBehind ? this.#nextUrgent : this.#nextLate;
    let found: Straggler | undefined;
    while (found === undefined && next < stragglers.length) {
      const straggler = stragglers[next++]!;
      if ((straggler.isFarBehind || !mustBeFarBehind) && this.#runsAlone(straggler)) {
        found = straggler;
      }
    }
    if (mustBeFarBehind) this.#nextUrgent = next;
    else this.#nextLate = next;
    return found;
  }

  /** The slow attempts that have no backup still. */
  get withoutBackup(): readonly Straggler[] {
    return this.#stragglers().filter((straggler) => this.#runsAlone(straggler));
  }

  backsUp(task: number): void {
    this.#backedUp ??= new Set();
    this.#backedUp.add(task);
    this.held++;
  }

  #runsAlone({ attempt }: Straggler): boolean {
    if (this.#backedUp?.has(attempt.task) === true) return false;
    const attempts = this.phase.tasks[attempt.task]!.attempts;
    const running = attempts.filter(({ state }) => state === "running");
    return running.length === 1 && running[0] === attempt;
  }
}
