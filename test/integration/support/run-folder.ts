/**
 * A temporary folder with a job, its input, its output and its work folder, and the job run in it as
 * a program would: `run()` of the built package. `using` removes it.
 */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type JobEvent, type JobResult, type RunOptions, run, SheafError } from "sheaf";
import { SLOT_MEMORY_BYTES_MIN } from "../../../src/base/limits.ts";

/** What a run that succeeded left. */
export interface Ran {
  readonly result: JobResult;
  readonly events: readonly JobEvent[];
  /** The bytes of each part, in latin1 so that a difference is readable. */
  readonly parts: readonly string[];
  /** The parts in a row, as UTF-8. */
  readonly text: string;
}

/** What a run that failed left: its error, and nothing else. */
export interface Failed {
  readonly error: SheafError;
  readonly events: readonly JobEvent[];
}

/** Options that differ from the usual ones of a test. */
export type Changes = Partial<RunOptions> & {
  /** The job file; `job.ts` unless given. */
  readonly job?: string;
};

/** See the head of this file. */
export class RunFolder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "sheaf-run-")));
  #outputs = 0;

  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    mkdirSync(this.at("work"));
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), content);
  }

  read(name: string): string {
    return readFileSync(this.at(name), "utf8");
  }

  has(name: string): boolean {
    return existsSync(this.at(name));
  }

  /** Runs the job, which must succeed, on `in` into an output of its own. */
  async run(changes: Changes = {}): Promise<Ran> {
    const events: JobEvent[] = [];
    const { job = "job.ts", ...options } = changes;
    const result = await run(this.at(job), this.#options(options, events));
    const parts = result.parts.map(({ name }) => readFileSync(join(result.output, name)));
    return {
      result,
      events,
      parts: parts.map((part) => part.toString("latin1")),
      text: Buffer.concat(parts).toString(),
    };
  }

  /** Runs the job, which must fail with an error of ours and leave nothing behind. */
  async fail(changes: Changes = {}): Promise<Failed> {
    const events: JobEvent[] = [];
    const { job = "job.ts", ...options } = changes;
    const complete = this.#options(options, events);
    try {
      await run(this.at(job), complete);
    } catch (error) {
      if (!(error instanceof SheafError)) throw error;
      const left = this.leftovers(complete.output);
      if (left.length > 0) throw new Error(`It left ${left.join(", ")}.`);
      return { error, events };
    }
    throw new Error("The run succeeded.");
  }

  /** What a run that did not succeed must not leave: its output, and anything beside or below. */
  leftovers(output: string): string[] {
    const beside = readdirSync(this.path).filter((name) => name.startsWith("."));
    const work = readdirSync(this.at("work")).map((name) => `work/${name}`);
    return [...(existsSync(output) ? [output] : []), ...beside, ...work];
  }

  /** A name for an output that no other run of this folder has. */
  freshOutput(): string {
    return this.at(`out-${this.#outputs++}`);
  }

  #options(changes: Partial<RunOptions>, events: JobEvent[]): RunOptions {
    return {
      inputs: [this.at("in")],
      output: this.freshOutput(),
      workDirectory: this.at("work"),
      slots: 2,
      partitions: 2,
      splitBytes: 1024,
      memoryBytes: SLOT_MEMORY_BYTES_MIN,
      cwd: this.path,
      ...changes,
      onEvent: (event) => {
        events.push(event);
        changes.onEvent?.(event);
      },
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A job file over text lines; its first line imports, so `before` starts at line 2. */
export function jobFile(parts: { readonly before?: string; readonly definition: string }): string {
  const before = parts.before === undefined ? "" : `${parts.before}\n`;
  return `${IMPORTS}\n${before}export default defineJob({\n${parts.definition}\n});\n`;
}

/** All that the jobs of these tests use. */
const IMPORTS =
  'import { appendFileSync, existsSync, readFileSync, truncateSync, unlinkSync, writeFileSync } from "node:fs"; ' +
  "import { array, bigint, boolean, bytes, date, defineJob, files, float, grouped, hash, hashOf, " +
  "identity, int, json, located, max, min, ndjson, ndjsonOutput, nothing, optional, outputOf, pipeline, " +
  'range, string, structured, sum, text, textOutput, tuple, words } from "sheaf";';
