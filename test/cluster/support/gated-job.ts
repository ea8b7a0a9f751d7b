/**
 * A job that counts words, unless it is another, and whose tasks wait in map or in reduce until the test
 * opens their gate. Each attempt leaves a mark, so that a test knows what runs, where, and what has
 * run twice.
 */

import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { jobFile, type RunFolder } from "../../integration/support/run-folder.ts";

/** An attempt that has begun, or what else has passed the gate. */
export interface Mark {
  /** "plan" and "until" are for jobs that have such functions. */
  readonly phase: "map" | "reduce" | "plan" | "until";
  /** -1 is a sample. */
  readonly task: number;
  readonly attempt: number;
  /** Of the worker. */
  readonly pid: number;
  /** Such attempts that have begun: more than one only where a job's step was begun anew. */
  readonly times: number;
}

/** See the head of this file. */
export class GatedJob {
  /** Its name in the folder. */
  readonly file: string;
  readonly #where: Mark["phase"];
  readonly #marks: string;
  readonly #gate: string;

  /**
   * `waiting`: only that task waits, or only those from one on; the others go on. `source` makes the
   * job's module of the code of a function `pass`, which whoever waits calls with its context.
   */
  constructor(
    folder: RunFolder,
    name: string,
    where: Mark["phase"],
    waiting: number | { readonly from: number } = { from: 0 },
    source: (pass: string) => string = countWords,
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
      source(`const cell = new Int32Array(new SharedArrayBuffer(4));
let last;
function pass(context) {
  const { attempt } = context;
  const mark = [attempt.phase, attempt.task, attempt.attempt, process.pid].join("_");
  if (context !== last) appendFileSync(${JSON.stringify(this.#marks)} + "/" + mark, ".");
  last = context;
  while (${waits} && !existsSync(${JSON.stringify(this.#gate)})) Atomics.wait(cell, 0, 0, 5);
}`),
    );
  }

  open(): void {
    writeFileSync(this.#gate, "");
  }

  marks(): Mark[] {
    return readdirSync(this.#marks).map((name) => {
      const [phase, ...numbers] = name.split("_");
      const [task, attempt, pid] = numbers.map(Number);
      const times = statSync(join(this.#marks, name)).size;
      return { phase: phase as Mark["phase"], task: task!, attempt: attempt!, pid: pid!, times };
    });
  }

  /** Tasks of which more than one attempt has begun. */
  again(): string[] {
    const begun = new Map<string, number>();
    for (const { phase, task, times } of this.marks()) {
      // Functions of the job alone may be called as often as anybody likes, and samples be taken again.
      if (task < 0 || phase === "plan" || phase === "until") continue;
      const name = `${phase} ${task}`;
      begun.set(name, (begun.get(name) ?? 0) + times);
    }
    return [...begun].flatMap(([name, times]) => (times > 1 ? [`${name}, ${times} times`] : []));
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

function countWords(pass: string): string {
  return jobFile({
    before: pass,
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
  });
}
