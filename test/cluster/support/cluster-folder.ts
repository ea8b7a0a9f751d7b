/**
 * A folder with the jobs and the input of a test of workers, and short words for planning them.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { jobFile, RunFolder } from "../../integration/support/run-folder.ts";
import { ScriptedJob, type ScriptedJobOptions } from "../../support/scripted-job.ts";
import type { ScriptedMaster } from "../../support/scripted-master.ts";

/** Counts words; the usual job of these tests. */
export const WORD_COUNT = jobFile({
  definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    for (const word of line.match(/\\p{L}+/gu) ?? []) emit(word, 1);
  },
  combine: sum,
  reduce: sum,`,
});

/** The same, but each map waits at its first line until the file $GATE is there. */
export const GATED = jobFile({
  before: `const cell = new Int32Array(new SharedArrayBuffer(4));
function pass() {
  while (!existsSync(process.env.GATE)) Atomics.wait(cell, 0, 0, 5);
}`,
  definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    pass();
    for (const word of line.match(/\\p{L}+/gu) ?? []) emit(word, 1);
  },
  combine: sum,
  reduce: sum,`,
});

const TEXT = Array.from({ length: 400 }, (_, i) => `the line ${"abcdefgh".slice(i % 8)} of wörds`)
  .join("\n")
  .concat("\n");

/** See the head of this file. `using` removes it. */
export class ClusterFolder extends RunFolder {
  #staged = 0;

  constructor(files: Readonly<Record<string, string>> = {}) {
    super({
      "word-count.ts": WORD_COUNT,
      "gated.ts": GATED,
      "in/a.txt": TEXT,
      "in/b.txt": TEXT,
      ...files,
    });
  }

  /** Plans a job on `in`, with a few maps and two partitions unless told otherwise. */
  plan(
    master: ScriptedMaster,
    job = "word-count.ts",
    changes: Partial<ScriptedJobOptions> = {},
  ): Promise<ScriptedJob> {
    const output = this.at(`staged-${this.#staged++}`);
    mkdirSync(output);
    return ScriptedJob.plan(master, {
      file: this.at(job),
      cwd: this.path,
      inputs: [this.at("in")],
      splitBytes: 4096,
      output,
      ...changes,
    });
  }

  /** Plans a job whose maps wait until `open` is called. */
  async planGated(master: ScriptedMaster): Promise<{ job: ScriptedJob; open: () => void }> {
    const gate = this.at(`gate-${this.#staged}`);
    const environment = { GATE: gate };
    const job = await this.plan(master, "gated.ts", { setup: { environment } });
    return { job, open: () => writeFileSync(gate, "") };
  }

  /** What the sequential executor puts out. */
  async expected(job = "word-count.ts", partitions = 2): Promise<readonly string[]> {
    return (await this.run({ job, partitions, inline: true })).parts;
  }
}
