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
import type { SideFileLabel } from "../task/side-files.ts";
import type { MapResult, ReduceResult } from "../task/task-spec.ts";

/** Bad records and console of an attempt. */
type LeftByAttempt = Pick<MapResult | ReduceResult, "bad" | "log">;

/** Keeps the side files of attempts with the output that a committer prepares. */
export class AttemptFiles {
  readonly #committer: OutputCommitter;
  readonly #isPipeline: boolean;

  constructor(committer: OutputCommitter, isPipeline: boolean) {
    this.#committer = committer;
    this.#isPipeline = isPipeline;
  }

  /** Writes what there is to write, and gives it its names; most attempts leave nothing. */
  keep(step: StepLabel, attempt: AttemptLabel, left: LeftByAttempt): void {
    if (left.bad.length === 0 && left.log === "") return;
    this.write(step, attempt, left);
    this.commit(step, attempt);
  }

  /** Writes what there is to write, under names that say that its attempt has not won. */
  write(step: StepLabel, attempt: AttemptLabel, { bad, log }: LeftByAttempt): void {
    const { sideFiles } = this.#committer;
    const label = this.#labelOf(step, attempt);
    writeBadRecords(sideFiles.badRecordsPath(label), bad);
    if (log === "") return;
    const path = sideFiles.logPath(label);
    try {
      writeFileSync(path, log);
    } catch (error) {
      throw outputError("write", path, error);
    }
  }

  /** The attempt has won. */
  commit(step: StepLabel, attempt: AttemptLabel): void {
    this.#committer.sideFiles.commit(this.#labelOf(step, attempt));
  }

  #labelOf(step: StepLabel, attempt: AttemptLabel): SideFileLabel {
    return this.#isPipeline ? { step, ...attempt } : attempt;
  }
}
