/**
 * `--json`: every event of the run as one line of JSON on stdout, and nothing else there. Progress
 * comes once a second at the most; what the user's own code prints goes to stderr instead.
 */

import type { JobEvent } from "../../job/report.ts";
import type { OutputStream } from "../dependencies.ts";
import { spellOneLine } from "./cell-width.ts";
import { CANCELLING, type Display } from "./display.ts";
import { divertWrites } from "./divert-writes.ts";

const PROGRESS_INTERVAL_MS = 1000;

/** See the head of this file. */
export class JsonDisplay implements Display {
  readonly #stderr: OutputStream;
  readonly #nowMs: () => number;
  readonly #quiet: boolean;
  readonly #write: (text: string) => void;
  readonly #restore: () => void;
  #lastProgressMs = Number.NEGATIVE_INFINITY;
  #open = true;

  constructor(
    streams: { readonly stdout: OutputStream; readonly stderr: OutputStream },
    options: { readonly nowMs: () => number; readonly quiet: boolean },
  ) {
    this.#stderr = streams.stderr;
    this.#nowMs = options.nowMs;
    this.#quiet = options.quiet;
    const { stdout } = streams;
    const write = stdout.write;
    this.#write = (text) => write.call(stdout, text);
    this.#restore = divertWrites(stdout, (chunk) => {
      this.#stderr.write(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
    });
  }

  event(event: JobEvent): void {
    if (!this.#open) return;
    if (event.type === "progress") {
      const nowMs = this.#nowMs();
      if (nowMs - this.#lastProgressMs < PROGRESS_INTERVAL_MS) return;
      this.#lastProgressMs = nowMs;
    }
    this.#write(`${JSON.stringify(event)}\n`);
  }

  note(text: string): void {
    if (!this.#quiet) this.#stderr.write(`${spellOneLine(text)}\n`);
  }

  cancelling(): void {
    this.note(CANCELLING);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#restore();
  }
}
