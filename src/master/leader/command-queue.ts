/**
 * Commands on their way to the log: what is proposed while others are being appended goes with the
 * next append, so that one write to a disk serves many.
 */

import { SheafError } from "../../base/error.ts";
import { sizeInWords } from "../../base/size.ts";
import { RAFT_LIMITS_DEFAULT } from "../../raft/limits.ts";
import type { ClusterCommand } from "../state/cluster-command.ts";
import { encodeCommand } from "../state/command-codec.ts";
import type { CommandLog } from "./command-log.ts";

/** What becomes of commands. */
export interface CommandQueueOptions {
  readonly log: CommandLog;
  /** What was proposed by now has been applied, or is yet to be appended. */
  readonly settled: () => void;
  /** What no leader can go on after. */
  readonly onBug: (thrown: unknown) => void;
}

interface Waiting {
  readonly command: Uint8Array;
  readonly applied: () => void;
  readonly lost: () => void;
}

/** See the head of this file. */
export class CommandQueue {
  readonly #options: CommandQueueOptions;
  #waiting: Waiting[] = [];
  #appending: readonly Waiting[] = [];
  #isClosed = false;

  constructor(options: CommandQueueOptions) {
    this.#options = options;
  }

  /** Something is on its way, so that the state is about to change. */
  get isBusy(): boolean {
    return this.#appending.length > 0 || this.#waiting.length > 0;
  }

  /**
   * Puts a command into the log. Of one that is not applied while this leader leads, nobody hears.
   * Throws `LIMIT_REACHED` for one that is too large.
   */
  propose(command: ClusterCommand, applied: () => void = () => {}): void {
    this.#push({ command: fitting(command), applied, lost: () => {} });
  }

  /** Likewise, for somebody who waits for it. Rejects with `NOT_LEADER`, and with `LIMIT_REACHED`. */
  commit(command: ClusterCommand): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = (): void => reject(leadsNoMore());
      this.#push({ command: fitting(command), applied: resolve, lost });
    });
  }

  /** What is on its way stays there. */
  close(): void {
    this.#isClosed = true;
    const waiting = [...this.#appending, ...this.#waiting];
    this.#appending = [];
    this.#waiting = [];
    for (const { lost } of waiting) lost();
  }

  #push(waiting: Waiting): void {
    if (this.#isClosed) return waiting.lost();
    this.#waiting.push(waiting);
    if (this.#waiting.length === 1) queueMicrotask(() => void this.#append());
  }

  async #append(): Promise<void> {
    const { log, settled, onBug } = this.#options;
    if (this.#appending.length > 0) return;
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting;
        this.#appending = batch;
        this.#waiting = [];
        await log.append(batch.map(({ command }) => command));
        if (this.#isClosed) return;
        this.#appending = [];
        for (const { applied } of batch) applied();
        settled();
      }
    } catch (thrown) {
      // A leader that is closed has a log that may be closed, too.
      if (this.#isClosed) return;
      if (!(thrown instanceof SheafError) || thrown.code !== "NOT_LEADER") onBug(thrown);
      this.close();
    }
  }
}

/** The command as bytes that an entry of the log can hold. */
function fitting(command: ClusterCommand): Uint8Array {
  const bytes = encodeCommand(command);
  const { proposalBytesMax } = RAFT_LIMITS_DEFAULT;
  if (bytes.length <= proposalBytesMax) return bytes;
  throw new SheafError(
    "LIMIT_REACHED",
    `Cannot put a command into the log of the masters: it takes ${sizeInWords(bytes.length)}, and ` +
      `${sizeInWords(proposalBytesMax)} are the most.`,
    { data: { command: command.type } },
  );
}

function leadsNoMore(): SheafError {
  return new SheafError("NOT_LEADER", "This master does not lead any more.");
}
