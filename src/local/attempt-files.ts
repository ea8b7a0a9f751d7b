/**
 * What a winning attempt leaves besides its result: the records it skipped, in `_bad/`, and what the
 * user's code wrote to the console, in `_logs/`. Both are published with the output.
 */

import type { AttemptLabel } from "../job/context.ts";
import type { StepLabel } from "../job/report.ts";
import type { OutputCommitter } from "../task/output-committer.ts";
import type { LeftByAttempt, SideFileLabel } from "../task/side-files.ts";

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
    this.#committer.sideFiles.write(this.#labelOf(step, attempt), left);
    this.commit(step, attempt);
  }

  /**
   * Writes what there is to write, under names that say that its attempt has not won, and where a
   * process finds it that goes on with the output.
   */
  async preserve(step: StepLabel, attempt: AttemptLabel, left: LeftByAttempt): Promise<void> {
    await this.#committer.preserve(this.#labelOf(step, attempt), left);
  }

  /** The attempt has won. */
  commit(step: StepLabel, attempt: AttemptLabel): void {
    this.#committer.sideFiles.commit(this.#labelOf(step, attempt));
  }

  #labelOf(step: StepLabel, attempt: AttemptLabel): SideFileLabel {
    return this.#isPipeline ? { step, ...attempt } : attempt;
  }
}
