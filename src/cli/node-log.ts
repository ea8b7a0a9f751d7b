/**
 * What a node of a cluster tells whoever runs it, on standard error: a line with the time for each
 * thing that changes, or with `--json` an object of JSON on a line, for programs.
 */

import type { OutputStream } from "./dependencies.ts";
import { spellOneLine } from "./display/cell-width.ts";
import { paint, type Theme } from "./display/theme.ts";

/** Facts beside the words, for programs. */
type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** See the head of this file. */
export class NodeLog {
  readonly #stream: OutputStream;
  readonly #theme: Theme;
  readonly #isJson: boolean;
  readonly #now: () => Date;

  constructor(
    stream: OutputStream,
    { theme, json, now = () => new Date() }: { theme: Theme; json: boolean; now?: () => Date },
  ) {
    this.#stream = stream;
    this.#theme = theme;
    this.#isJson = json;
    this.#now = now;
  }

  info(event: string, words: string, facts: Facts = {}): void {
    this.#write("info", event, words, facts);
  }

  warn(event: string, words: string, facts: Facts = {}): void {
    this.#write("warn", event, words, facts);
  }

  #write(level: "info" | "warn", event: string, words: string, facts: Facts): void {
    const time = this.#now().toISOString();
    if (this.#isJson) {
      this.#stream.write(`${JSON.stringify({ time, level, event, message: words, ...facts })}\n`);
      return;
    }
    const text = spellOneLine(words);
    const painted = level === "warn" ? paint(this.#theme, "warning", text) : text;
    this.#stream.write(`${paint(this.#theme, "faint", time)} ${painted}\n`);
  }
}
