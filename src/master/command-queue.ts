/**
 * Commands on their way to the log: what is proposed while others are being appended goes with the
 * next append, so that one write to a disk serves many.
 */

import type { ClusterCommand } from "./cluster-command.ts";
import type { CommandLog } from "./command-log.ts";

/** What becomes of commands. */
export interface CommandQueueOptions {
  readonly log: CommandLog;
  /** A command is in the log. */
  readonly commit: (command: ClusterCommand) => void;
  /** Nothing that was proposed is on its way any more, or not the first of it. */
  readonly settled: () => void;
  readonly onBug: (thrown: unknown) => void;
}

/** See the head of this file. */
export class CommandQueue {
  readonly #options: CommandQueueOptions;
  #pending: { readonly command: ClusterCommand; readonly done: () => void }[] = [];
  #isAppending = false;
  #isClosed = false;

  constructor(options: CommandQueueOptions) {
    this.#options = options;
  }

  /** Something is on its way, so that the state is about to change. */
  get isBusy(): boolean {
    return this.#isAppending || this.#pending.length > 0;
  }

  /** Puts a command into the log; resolves when it has been applied and acted upon. */
  propose(command: ClusterCommand): Promise<void> {
    return new Promise((resolve) => {
      this.#pending.push({ command, done: resolve });
      if (!this.#isAppending) queueMicrotask(() => void this.#append());
    });
  }

  /** What is on its way stays there, and nobody hears of it. */
  close(): void {
    this.#isClosed = true;
  }

  async #append(): Promise<void> {
    if (this.#isAppending) return;
    const { log, commit, settled, onBug } = this.#options;
    this.#isAppending = true;
    try {
      while (this.#pending.length > 0 && !this.#isClosed) {
        const batch = this.#pending;
        this.#pending = [];
        await log.append(batch.map(({ command }) => command));
        for (const { command, done } of batch) {
          commit(command);
          done();
        }
        settled();
      }
    } catch (thrown) {
      onBug(thrown);
    } finally {
      this.#isAppending = false;
    }
  }
}
