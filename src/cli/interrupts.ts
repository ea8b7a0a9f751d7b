/**
 * Ctrl-C and its relatives: the first asks the run to clean up and end, the second ends the process.
 * Signals that come in the same instant are one: npm passes on what the terminal has sent already.
 */

import type { Dependencies } from "./dependencies.ts";
import { type EndSignal, EXIT_BY_SIGNAL } from "./exit-code.ts";

const SAME_PRESS_MS = 100;
const END_SIGNALS = Object.keys(EXIT_BY_SIGNAL) as EndSignal[];

/** What happens at an interrupt. */
export interface InterruptActions {
  /** At the first. */
  readonly cancel: () => void;
  /** Before the process ends at the second. */
  readonly force: () => void;
}

/** See the head of this file. */
export class Interrupts {
  /** The first signal that came. */
  first: EndSignal | undefined;
  #firstMs = 0;
  readonly #dependencies: Pick<Dependencies, "signals" | "nowMs" | "exit">;
  readonly #actions: InterruptActions;
  readonly #listener: (signal: NodeJS.Signals) => void;

  constructor(
    dependencies: Pick<Dependencies, "signals" | "nowMs" | "exit">,
    actions: InterruptActions,
  ) {
    this.#dependencies = dependencies;
    this.#actions = actions;
    this.#listener = (signal) => this.#take(signal as EndSignal);
    for (const signal of END_SIGNALS) dependencies.signals.on(signal, this.#listener);
  }

  /** The exit code that the first signal calls for; undefined if none came. */
  get exitCode(): number | undefined {
    return this.first === undefined ? undefined : EXIT_BY_SIGNAL[this.first];
  }

  close(): void {
    for (const signal of END_SIGNALS) this.#dependencies.signals.off(signal, this.#listener);
  }

  #take(signal: EndSignal): void {
    const nowMs = this.#dependencies.nowMs();
    if (this.first === undefined) {
      this.first = signal;
      this.#firstMs = nowMs;
      this.#actions.cancel();
    } else if (nowMs - this.#firstMs >= SAME_PRESS_MS) {
      this.#actions.force();
      this.#dependencies.exit(EXIT_BY_SIGNAL[signal]);
    }
  }
}
