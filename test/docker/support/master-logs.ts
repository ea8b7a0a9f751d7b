/**
 * What the masters of a cluster of containers say, as one list: each line with the container that said
 * it. A master that was killed says more when it is started again and followed anew. `await using`
 * ends the listening.
 */

import { Bell } from "../../support/bell.ts";
import { Program } from "./program.ts";

/** A line of a master's log. */
export interface MasterLine {
  readonly master: string;
  readonly text: string;
}

/** Who leads, and since which term. */
export interface Leading {
  readonly master: string;
  readonly term: number;
}

/** See the head of this file. */
export class MasterLogs {
  readonly lines: MasterLine[] = [];
  readonly #bell = new Bell();
  readonly #followed: Program[] = [];

  /** Listens to a master's container from a moment on; until then, it is followed already or silent. */
  follow(master: string, since: Date): void {
    const words = ["docker", "logs", "--follow", "--since", since.toISOString(), master];
    const onLine = (text: string) => {
      this.lines.push({ master, text });
      this.#bell.ring();
    };
    this.#followed.push(new Program(words, process.env, onLine));
  }

  /** Waits for a line, from the one at `from` on. */
  async says(isIt: (line: MasterLine) => boolean, from = 0): Promise<void> {
    await this.#bell.until(() => this.lines.slice(from).some(isIt));
  }

  /** The one that was elected last; undefined before the first election. */
  get leading(): Leading | undefined {
    const elected = this.lines.flatMap(({ master, text }) => {
      const term = /This master leads term (\d+)/.exec(text)?.[1];
      return term === undefined ? [] : [{ master, term: Number(term) }];
    });
    return elected.sort((a, b) => b.term - a.term)[0];
  }

  /** Waits until a master leads a later term than that. */
  async elects(after = 0): Promise<Leading> {
    await this.#bell.until(() => (this.leading?.term ?? 0) > after);
    return this.leading!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#followed.map((program) => program[Symbol.asyncDispose]()));
  }
}
