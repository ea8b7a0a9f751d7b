/**
 * A job that counts words, and whose tasks wait in map or in reduce until the test opens their gate.
 * Each attempt leaves a mark, so that a test knows what runs, where, and what has run twice.
 */

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { jobFile, type RunFolder } from "../../integration/support/run-folder.ts";

/** An attempt that has begun. */
export interface Mark {
  readonly phase: "map" | "reduce";
  readonly task: number;
  readonly attempt: number;
  /** Of the worker. */
  readonly pid: number;
}

/** See the head of this file. */
export class GatedJob {
  /** Its name in the folder. */
  readonly file: string;
  readonly #where: Mark["phase"];
  readonly #marks: string;
  readonly #gate: string;

  /** `waiting`: only that task waits, or only those from one on; the others go on. */
  constructor(
    folder: RunFolder,
    name: string,
    where: Mark["phase"],
    waiting: number | { readonly from: number } = { from: 0 },
  ) {
    this.file = `${name}.ts`;
    this.#where = where;
    this.#marks = folder.at(`${name}-marks`);
    this.#gate = folder.at(`${name}-gate`);
    mkdirSync(this.#marks);
    const isAmong = typeof waiting === "number" ? `=== ${waiting}` : `>= ${waiting.from}`;
    const waits = `attempt.phase === "${where}" && attempt.task ${isAmong}`;
    folder.write(
      this.file,
      jobFile({
        before: `const cell = new Int32Array(new SharedArrayBuffer(4));
function pass({ attempt }) {
  const mark = [attempt.phase, attempt.task, attempt.attempt, process.pid].join("-");
  writeFileSync(${JSON.stringify(this.#marks)} + "/" + mark, "");
  while (${waits} && !existsSync(${JSON.stringify(this.#gate)})) Atomics.wait(cell, 0, 0, 5);
}`,
        definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit, context) {
    pass(context);
    for (const word of line.match(/\\p{L}+/gu) ?? []) emit(word, 1);
  },
  reduce(word, counts, emit, context) {
    pass(context);
    let sum = 0;
    for (const count of counts) sum += count;
    emit(sum);
  },`,
      }),
    );
  }

  open(): void {
    writeFileSync(this.#gate, "");
  }

  marks(): Mark[] {
    return readdirSync(this.#marks).map((name) => {
      const [phase, ...numbers] = name.split("-");
      const [task, attempt, pid] = numbers.map(Number);
      return { phase: phase as Mark["phase"], task: task!, attempt: attempt!, pid: pid! };
    });
  }

  /** Attempts that are not the first of their tasks. */
  again(): string[] {
    const again = this.marks().filter(({ attempt }) => attempt > 0);
    return again.map(({ phase, task, attempt }) => `${phase} ${task}, attempt ${attempt}`);
  }

  /** Waits until so many attempts have begun in the gated phase, or some of them that fit. */
  async reached(count: number, fits: (mark: Mark) => boolean = () => true): Promise<Mark[]> {
    const found = () => this.marks().filter((mark) => mark.phase === this.#where && fits(mark));
    await expect
      .poll(() => found().length, { timeout: 30_000, interval: 20 })
      .toBeGreaterThanOrEqual(count);
    return found();
  }
}
