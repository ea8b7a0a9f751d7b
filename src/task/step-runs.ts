/**
 * Where the runs lie that one step of a pipeline leaves for the next: in a folder of a disk that all
 * slots share, or below the output on S3. Each run of a step has a place of its own there, and each
 * attempt a name of its own in it, so that nobody writes what somebody else may have begun to read.
 */

import { join } from "node:path";
import type { StepLabel } from "../job/report.ts";
import { isS3Url } from "../s3/s3-url.ts";
import { makeFolder } from "./make-folder.ts";
import { stepRunName } from "./part-name.ts";
import { removeQuietly } from "./remove-quietly.ts";

/** See the head of this file. What is not removed goes with the output's end. */
export interface StepRuns {
  /** Makes the place for one run of a step: a folder's path, or an `s3://` URL. */
  open(step: StepLabel): string;
  /** Removes a place with all that is in it: it has been read. It never throws. */
  remove(place: string): void | Promise<void>;
}

/** What a run of a step is called below the folder, or the prefix, that it goes to. */
export function stepRunsName({ step, iteration }: StepLabel): string {
  return `runs-${step}-${iteration}`;
}

/** Where an attempt's run is in the place of its step. */
export function stepRunPath(place: string, task: number, attempt: number): string {
  const name = stepRunName(task, attempt);
  return isS3Url(place) ? `${place}/${name}` : join(place, name);
}

/** Runs in folders below one that somebody else removes. */
export class FolderStepRuns implements StepRuns {
  readonly #parent: string;

  constructor(parent: string) {
    this.#parent = parent;
  }

  open(step: StepLabel): string {
    const place = join(this.#parent, stepRunsName(step));
    makeFolder(place);
    return place;
  }

  remove(place: string): void {
    removeQuietly(place);
  }
}
