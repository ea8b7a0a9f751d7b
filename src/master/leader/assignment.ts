/**
 * What a worker is told of a step and of its attempts, made of the step's plan.
 */

import type { JobId } from "../../base/ids.ts";
import { TASK_TIMEOUT_MS_DEFAULT } from "../../base/limits.ts";
import type { SkippedRecord } from "../../job/failure.ts";
import type { JobSpec } from "../../rpc/wire/job.ts";
import type { Assignment, JobSetup } from "../../rpc/wire/task.ts";
import { isS3Url, parseS3Url, type S3Location } from "../../s3/s3-url.ts";
import type { AttemptRef } from "../../scheduler/command.ts";
import { stepRunPath } from "../../task/step-runs.ts";
import type { PlannedStep } from "../driver/driver-message.ts";

/** What all attempts of a step are told. */
export function setupOf(job: JobId, spec: JobSpec, step: PlannedStep): JobSetup {
  return {
    job,
    bundle: spec.bundle,
    step: step.label.step,
    params: spec.params,
    environment: spec.environment,
    partitions: step.partitions,
    mapTasks: step.splits.length,
    previous: step.previous,
    output: step.output.kind,
    outputPath: step.output.path,
    taskTimeoutMs: spec.taskTimeoutMs ?? TASK_TIMEOUT_MS_DEFAULT,
    memoryBytesMax: spec.memoryBytes,
  };
}

/** What one attempt is told. */
export function assignmentOf(
  ref: AttemptRef,
  skip: readonly SkippedRecord[],
  skipsLeft: number,
  { splits, output, runs }: PlannedStep,
): Assignment {
  const base = { attempt: ref, skip, skipsLeft };
  if (ref.phase === "map") return { ...base, task: { kind: "map", split: splits[ref.task]! } };
  const upload = uploadOf(output, ref);
  const run = runs?.[ref.task];
  if (run === undefined) {
    return { ...base, task: { kind: "reduce", passThrough: false, upload, input: undefined } };
  }
  const { path, offset, lengthBytes: sizeBytes, ...sizes } = run;
  const name = `partition ${ref.task} of the step before`;
  const file = {
    path,
    name,
    index: 0,
    sizeBytes: offset + sizeBytes,
    modifiedMs: 0,
    compression: "none",
  } as const;
  const segments = [{ file, start: offset, end: offset + sizeBytes, run: sizes }];
  const input = { index: 0, segments, sizeBytes };
  return { ...base, task: { kind: "reduce", passThrough: true, upload, input } };
}

/** Where what a reduce attempt writes is uploaded; undefined where all machines share the disk for it. */
function uploadOf(
  { kind, path, uploads }: PlannedStep["output"],
  { task, attempt }: AttemptRef,
): S3Location | undefined {
  if (kind === "part") return uploads?.[task];
  return isS3Url(path) ? parseS3Url(stepRunPath(path, task, attempt)) : undefined;
}
