/**
 * A program that runs beside a test: its lines as they come, and how it ended. `await using` kills it.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Bell } from "../../support/bell.ts";

/** See the head of this file. */
export class Program {
  /** What it wrote, on standard output and standard error. */
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #bell = new Bell();
  readonly #closed: Promise<unknown>;
  #hasEnded = false;

  constructor(
    words: readonly string[],
    env: NodeJS.ProcessEnv,
    onLine: (line: string) => void = () => {},
  ) {
    this.#process = spawn(words[0]!, words.slice(1), { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      createInterface({ input: stream }).on("line", (line) => {
        this.lines.push(line);
        onLine(line);
        this.#bell.ring();
      });
    }
    this.#closed = once(this.#process, "close").then(() => {
      this.#hasEnded = true;
      this.#bell.ring();
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Waits for a line, from the one at `from` on; false if the program ended without it. */
  async says(isIt: (line: string) => boolean, from = 0): Promise<boolean> {
    const find = () => this.lines.some((line, index) => index >= from && isIt(line));
    await this.#bell.until(() => this.#hasEnded || find());
    return find();
  }

  /** Waits for its end, which must be a good one. */
  async succeeds(): Promise<void> {
    await this.#closed;
    if (this.#process.exitCode === 0) return;
    throw new Error(
      `${this.#process.spawnargs.join(" ")} ended with ${this.#process.exitCode}:\n` +
        this.lines.slice(-30).join("\n"),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#closed;
  }
}
