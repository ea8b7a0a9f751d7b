/**
 * What a user's code writes to the console during an attempt: kept, bounded, and handed over when
 * the attempt ends, so that the output of two slots never mixes with the display or each other.
 */

import { formatWithOptions } from "node:util";
import { ATTEMPT_LOG_BYTES_MAX } from "../base/limits.ts";

const METHODS = ["debug", "error", "info", "log", "trace", "warn"] as const;
const TAIL_LINES = 20;

/** See the head of this file. One per slot thread; it replaces the thread's console. */
export class AttemptLog {
  #lines: string[] = [];
  #chars = 0;
  #cut = false;

  /** Takes over `console` and the standard streams of this thread. */
  capture(): void {
    for (const method of METHODS) {
      console[method] = (...values: unknown[]) => this.#add(formatWithOptions({}, ...values));
    }
    for (const stream of [process.stdout, process.stderr]) {
      stream.write = (chunk: Uint8Array | string) => {
        this.#add(String(chunk).replace(/\n$/, ""));
        return true;
      };
    }
  }

  #add(text: string): void {
    if (this.#cut) return;
    if (this.#chars + text.length > ATTEMPT_LOG_BYTES_MAX) {
      this.#cut = true;
      this.#lines.push(`... (the log of an attempt ends at ${ATTEMPT_LOG_BYTES_MAX} characters)`);
      return;
    }
    this.#chars += text.length + 1;
    this.#lines.push(text);
  }

  /** The text since the last `take`, each entry on lines of its own; empty if there was none. */
  take(): string {
    const text = this.#lines.length === 0 ? "" : `${this.#lines.join("\n")}\n`;
    this.#lines = [];
    this.#chars = 0;
    this.#cut = false;
    return text;
  }
}

/** The last lines of a log. */
export function tailOf(log: string): string {
  return log.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
}
