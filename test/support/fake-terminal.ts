/**
 * A terminal in memory: an output stream that obeys the few control codes that our displays send,
 * so that a test reads what a person would see. A code that it does not know fails the test.
 */

import type { OutputStream } from "../../src/cli/dependencies.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal obeys.
const TOKEN = /\x1b\[\??([\d;]*)([A-Za-z])|[\s\S]/gu;

/** See the head of this file. Every character takes one cell here. */
export class FakeTerminal implements OutputStream {
  readonly isTTY = true;
  columns: number;
  rows = 24;
  cursorVisible = true;
  /** How often it was written to. */
  writes = 0;
  readonly #lines: string[][] = [[]];
  #row = 0;
  #column = 0;
  readonly #resizeListeners = new Set<() => void>();

  constructor(columns = 80) {
    this.columns = columns;
  }

  write(text: string): boolean {
    this.writes++;
    for (const [token, count, code] of text.matchAll(TOKEN)) {
      if (code !== undefined) this.#obey(token, Number(count || 1), code);
      else this.#put(token);
    }
    return true;
  }

  on(_event: "resize", listener: () => void): void {
    this.#resizeListeners.add(listener);
  }

  off(_event: "resize", listener: () => void): void {
    this.#resizeListeners.delete(listener);
  }

  /** Whether anybody still listens. */
  get isWatched(): boolean {
    return this.#resizeListeners.size > 0;
  }

  /** What is on the screen, without blanks at the ends. */
  screen(): string {
    return this.#lines
      .map((cells) =>
        Array.from(cells, (cell) => cell ?? " ")
          .join("")
          .trimEnd(),
      )
      .join("\n")
      .trimEnd();
  }

  /** Makes the screen narrower, wrapping what is on it as terminals do. */
  narrow(columns: number): void {
    const wrapped: string[][] = [];
    let cursorRow = 0;
    for (const [row, cells] of this.#lines.entries()) {
      if (row === this.#row) cursorRow = wrapped.length;
      let rest = cells;
      do {
        wrapped.push(rest.slice(0, columns));
        rest = rest.slice(columns);
      } while (rest.length > 0);
    }
    this.#lines.splice(0, this.#lines.length, ...wrapped);
    this.#row = cursorRow;
    this.columns = columns;
    for (const listener of this.#resizeListeners) listener();
  }

  #obey(token: string, count: number, code: string): void {
    const line = this.#lines[this.#row]!;
    switch (code) {
      case "A":
        this.#row = Math.max(0, this.#row - count);
        break;
      case "K":
        line.splice(this.#column);
        break;
      case "J":
        line.splice(this.#column);
        this.#lines.splice(this.#row + 1);
        break;
      case "h":
      case "l":
        if (token.includes("?25")) this.cursorVisible = code === "h";
        break;
      case "m":
        break;
      default:
        throw new Error(`The fake terminal does not know ${JSON.stringify(token)}.`);
    }
    this.#fill();
  }

  #put(character: string): void {
    if (character === "\r") {
      this.#column = 0;
    } else if (character === "\n") {
      this.#row++;
      this.#column = 0;
    } else {
      if (this.#column === this.columns) {
        this.#row++;
        this.#column = 0;
      }
      this.#fill();
      this.#lines[this.#row]![this.#column++] = character;
    }
    this.#fill();
  }

  #fill(): void {
    while (this.#lines.length <= this.#row) this.#lines.push([]);
  }
}
