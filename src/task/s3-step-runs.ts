/**
 * Runs between steps where no disk is shared: as objects below the output, under the id of their run,
 * where no reader of an output looks.
 */

import { inParallel } from "../job/input/in-parallel.ts";
import type { StepLabel } from "../job/report.ts";
import { planningPolicy } from "../s3/s3-settings.ts";
import { S3Store } from "../s3/s3-store.ts";
import { parseS3Url, type S3Location, s3Url } from "../s3/s3-url.ts";
import { collect } from "./s3-leftovers.ts";
import type { S3OutputLayout } from "./s3-output-layout.ts";
import { type StepRuns, stepRunsName } from "./step-runs.ts";

const REQUESTS_AT_ONCE = 16;

/** See the head of this file. */
export class S3StepRuns implements StepRuns {
  readonly #layout: S3OutputLayout;
  readonly #run: string;

  constructor(layout: S3OutputLayout, run: string) {
    this.#layout = layout;
    this.#run = run;
  }

  /** Nothing has to be made: a folder on S3 is but the beginning of keys. */
  open(step: StepLabel): string {
    return s3Url(this.#layout.between(this.#run, stepRunsName(step)));
  }

  async remove(place: string): Promise<void> {
    const { bucket, key } = parseS3Url(place);
    await removeBelow({ bucket, key: `${key}/` });
  }

  /** Removes all that the run has between its steps. It never throws. */
  async removeAll(): Promise<void> {
    await removeBelow(this.#layout.between(this.#run, ""));
  }
}

/** Removes the objects whose keys begin so, and gives up uploads. */
async function removeBelow(location: S3Location): Promise<void> {
  const { bucket } = location;
  // The job waits for it: where it does not go well, the end of the run or the next one does it.
  const store = new S3Store({ role: "write", policy: planningPolicy() });
  try {
    for await (const page of store.list(location)) {
      await inParallel(page, REQUESTS_AT_ONCE, ({ key }) => store.remove({ bucket, key }));
    }
    for (const { key, uploadId } of await collect(store.uploads.list(location))) {
      await store.uploads.abort({ bucket, key }, uploadId);
    }
  } catch {
    // See above.
  }
}
