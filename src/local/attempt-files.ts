/**
 * What a winning attempt leaves besides its result: the records it skipped, in `_bad/`, and what the
 * user's code wrote to the console, in `_logs/`. Both are published with the output.
 */

import { writeFileSync } from "node:fs";
import type { AttemptLabel } from "../job/context.ts";
import type { StepLabel } from "../job/report.ts";
import { writeBadRecords } from "../task/bad-records.ts";
import type { OutputCommitter } from "../task/output-committer.ts";
import { outputError } from "../task/output-error.ts";
import type { MapResult, ReduceResult } from "../task/task-spec.ts";

/** Keeps the side files of attempts with the output that a committer prepares. */
export class AttemptFiles {
  readonly #committer: OutputCommitter;
  readonly #isPipeline: boolean;

  constructor(committer: OutputCommitter, isPipeline: boolean) {
    this.#committer = committer;
    this.#isPipeline = isPipeline;
  }

  /** Writes what there is to write; most attempts leave nothing. */
  keep(
    step: StepLabel,
    attempt: AttemptLabel,
    { bad, log }: Pick<MapResult | ReduceResult, "bad" | "log">,
  ): void {
    if (bad.length === 0 && log === "") return;
    const label = this.#isPipeline ? { step, ...attempt } : attempt;
    writeBadRecords(this.#committer.sideFiles.badRecordsPath(label), bad);
    if (log !== "") {
      const path = this.#committer.sideFiles.logPath(label);
      try {
        writeFileSync(path, log);
      } catch (error) {
        throw outputError("write", path, error);
      }
    }
    this.#committer.sideFiles.commit(label);
  }
}
