/**
 * What a winning attempt leaves besides its result: the records it skipped, in `_bad/`, and what the
 * user's code wrote to the console, in `_logs/`. Both are published with the output.
 */

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BadRecord } from "../job/failure.ts";
import type { StepLabel } from "../job/report.ts";
import type { OutputCommitter } from "../task/output-committer.ts";
import { makeFolder } from "../task/make-folder.ts";

/** Which attempt, and of what. */
interface AttemptName {
  readonly phase: "map" | "reduce";
  readonly task: number;
}

/** Keeps the files of attempts in the staging folder of the output. */
export class AttemptFiles {
  readonly #committer: OutputCommitter;

  constructor(committer: OutputCommitter) {
    this.#committer = committer;
  }

  keep(label: StepLabel, name: AttemptName, bad: readonly BadRecord[], log: string): void {
    const file = `step-${label.step}-${label.iteration}-${name.phase}-${String(name.task).padStart(5, "0")}`;
    if (bad.length > 0) {
      const lines = bad.map((record) => `${JSON.stringify({ step: label.step, ...record })}\n`);
      this.#write(join("_bad", `${file}.ndjson`), lines.join(""));
    }
    if (log !== "") this.#write(join("_logs", `${file}.log`), log);
  }

  #write(name: string, text: string): void {
    const path = join(this.#committer.staging, name);
    makeFolder(dirname(path));
    writeFileSync(path, text);
  }
}
