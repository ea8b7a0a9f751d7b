/**
 * Runs a job of a `RunFolder` with its output on S3, as a program would.
 */

import { type JobEvent, type JobResult, type RunOptions, run } from "sheaf";
import { SLOT_MEMORY_BYTES_MIN } from "../../../src/base/limits.ts";
import type { TestBucket } from "../../support/s3/bucket.ts";
import type { RunFolder } from "./run-folder.ts";

/** What a run that succeeded left. */
export interface RanOnS3 {
  readonly result: JobResult;
  readonly events: readonly JobEvent[];
  /** The bytes of each part, in latin1 so that a difference is readable. */
  readonly parts: readonly string[];
}

/** See the head of this file. The output is `out` in the bucket unless `changes` names another. */
export async function runOnS3(
  folder: RunFolder,
  bucket: TestBucket,
  changes: Partial<RunOptions> = {},
): Promise<RanOnS3> {
  const events: JobEvent[] = [];
  const result = await run(folder.at("job.ts"), {
    inputs: [folder.at("in")],
    output: bucket.url("out"),
    workDirectory: folder.at("work"),
    slots: 2,
    partitions: 2,
    splitBytes: 1024,
    memoryBytes: SLOT_MEMORY_BYTES_MIN,
    cwd: folder.path,
    ...changes,
    onEvent: (event) => events.push(event),
  });
  return { result, events, parts: await partsOf(bucket, result) };
}

/** The bytes of the parts that a result lists. */
async function partsOf(bucket: TestBucket, { output, parts }: JobResult): Promise<string[]> {
  const prefix = output.slice(bucket.url().length);
  const bodies: string[] = [];
  for (const { name } of parts) {
    bodies.push((await bucket.get(`${prefix}/${name}`)).toString("latin1"));
  }
  return bodies;
}
