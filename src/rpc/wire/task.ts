/**
 * What attempts are told, in messages. Unlike the spec that a slot takes, a message has no paths on a
 * worker's own disk, and nothing that the worker's flags say: the worker adds both.
 */

import type { JobId } from "../../base/ids.ts";
import {
  ENVIRONMENT_VALUE_CHARS_MAX,
  ENVIRONMENT_VARIABLES_MAX,
  KEY_BYTES_MAX,
  PARTITIONS_MAX,
  SLOT_MEMORY_BYTES_MAX,
  SPLITS_MAX,
  TASK_TIMEOUT_MS_MAX,
} from "../../base/limits.ts";
import type { SkippedRecord } from "../../job/failure.ts";
import type { Split } from "../../job/input/input.ts";
import type { S3Location } from "../../s3/s3-url.ts";
import type { SampleWindow } from "../../task/task-spec.ts";
import {
  type ObjectLocation,
  ReduceOutput,
  type JobSetup as WireSetup,
  type TaskSpec as WireSpec,
} from "../generated/sheaf/v1/task.ts";
import * as limits from "../limits.ts";
import { type AnyAttemptRef, attemptFromWire, attemptToWire, jobFromWire } from "./attempt.ts";
import * as check from "./checks.ts";
import { userCountersFromWire, userCountersToWire } from "./counters.ts";
import { skippedFromWire, skippedToWire } from "./failure.ts";
import { splitFromWire, splitToWire } from "./input.ts";

/** What all attempts of a job are told, once per worker. */
export interface JobSetup {
  readonly job: JobId;
  /** SHA-256 of the bundle's bytes, in hexadecimal. */
  readonly bundle: string;
  readonly step: number;
  /** `RawParams` as MessagePack; what is in it is for the job's schema to judge. */
  readonly params: Uint8Array;
  readonly environment: Readonly<Record<string, string>>;
  readonly partitions: number;
  readonly mapTasks: number;
  /** The user counters of the step before. */
  readonly previous: Readonly<Record<string, number>>;
  readonly output: "part" | "step";
  readonly outputPath: string;
  readonly taskTimeoutMs: number;
  /** Undefined: as much as the worker's slots have. */
  readonly memoryBytesMax: number | undefined;
}

/** What one attempt is told. */
export interface Assignment {
  readonly attempt: AnyAttemptRef;
  readonly skip: readonly SkippedRecord[];
  readonly skipsLeft: number;
  readonly task: AssignedTask;
}

/** The task of an attempt; its kind is the phase of the attempt. */
export type AssignedTask =
  | { readonly kind: "map"; readonly split: Split }
  | {
      readonly kind: "reduce";
      readonly passThrough: boolean;
      /** Where the part is uploaded when it is whole; undefined where its file is committed. */
      readonly upload: S3Location | undefined;
      /** Runs of the step before that it reads; undefined where it reads the regions of maps. */
      readonly input: Split | undefined;
    }
  | { readonly kind: "sample"; readonly windows: readonly SampleWindow[] };

const OUTPUTS = { part: ReduceOutput.PART, step: ReduceOutput.STEP } as const;

export function setupToWire(setup: JobSetup): WireSetup {
  return {
    jobId: setup.job,
    bundleSha256: check.sha256Bytes(setup.bundle),
    step: setup.step,
    paramsMsgpack: setup.params,
    environment: new Map(Object.entries(setup.environment)),
    partitions: setup.partitions,
    mapTasks: setup.mapTasks,
    previousCounters: userCountersToWire(setup.previous),
    output: check.numberOf(setup.output, OUTPUTS),
    outputPath: setup.outputPath,
    taskTimeoutMs: setup.taskTimeoutMs,
    memoryBytesMax: setup.memoryBytesMax ?? 0,
  };
}

export function setupFromWire(wire: WireSetup): JobSetup {
  return {
    job: jobFromWire("job_setup.job_id", wire.jobId),
    bundle: check.sha256("job_setup.bundle_sha256", wire.bundleSha256),
    step: check.count("job_setup.step", wire.step, limits.STEP_RUNS_MAX),
    params: paramsFromWire("job_setup.params_msgpack", wire.paramsMsgpack),
    environment: environmentFromWire("job_setup.environment", wire.environment),
    partitions: check.count("job_setup.partitions", wire.partitions, PARTITIONS_MAX, 1),
    mapTasks: check.count("job_setup.map_tasks", wire.mapTasks, SPLITS_MAX),
    previous: userCountersFromWire("job_setup.previous_counters", wire.previousCounters),
    output: check.choice("job_setup.output", wire.output, OUTPUTS),
    outputPath: check.path("job_setup.output_path", wire.outputPath, limits.PATH_CHARS_MAX),
    taskTimeoutMs: check.count(
      "job_setup.task_timeout_ms",
      wire.taskTimeoutMs,
      TASK_TIMEOUT_MS_MAX,
      1,
    ),
    memoryBytesMax:
      check.count("job_setup.memory_bytes_max", wire.memoryBytesMax, SLOT_MEMORY_BYTES_MAX) ||
      undefined,
  };
}

export function paramsFromWire(field: string, wire: Uint8Array): Uint8Array {
  return check.bytes(field, wire, { most: limits.PARAMS_BYTES_MAX });
}

const ENVIRONMENT_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;

export function environmentFromWire(
  field: string,
  wire: Map<string, string>,
): Readonly<Record<string, string>> {
  if (wire.size > ENVIRONMENT_VARIABLES_MAX) {
    throw check.invalid(field, `has ${wire.size} variables`);
  }
  let sumBytes = 0;
  for (const [name, value] of wire) {
    sumBytes += name.length + Buffer.byteLength(value);
    if (!ENVIRONMENT_NAME.test(name)) throw check.invalid(field, "has a name that is none");
    if (value.includes("\0")) throw check.invalid(field, "holds a NUL");
    check.text(field, value, ENVIRONMENT_VALUE_CHARS_MAX);
  }
  check.count(`${field}, in bytes,`, sumBytes, limits.ENVIRONMENT_BYTES_MAX);
  return Object.fromEntries(wire);
}

/** Boundaries of partitions, which are encoded keys in increasing order. */
export function boundariesFromWire(field: string, keys: readonly Uint8Array[]): Uint8Array[] {
  let sumBytes = 0;
  for (const key of keys) sumBytes += key.length;
  check.count(`${field}, in bytes,`, sumBytes, limits.BOUNDARIES_BYTES_MAX);
  return check.list(field, keys, PARTITIONS_MAX - 1, (name, key) =>
    check.bytes(name, key, { most: KEY_BYTES_MAX }),
  );
}

export function assignmentToWire({ attempt, skip, skipsLeft, task }: Assignment): WireSpec {
  return {
    attempt: attemptToWire(attempt),
    skip: skip.map(skippedToWire),
    skipsLeft,
    task: taskToWire(task),
  };
}

function taskToWire(task: AssignedTask): WireSpec["task"] {
  switch (task.kind) {
    case "map":
      return { $case: "map", value: { split: splitToWire(task.split) } };
    case "reduce": {
      const { passThrough, upload, input } = task;
      return {
        $case: "reduce",
        value: { passThrough, upload, input: input && splitToWire(input) },
      };
    }
    case "sample": {
      const windows = task.windows.map(({ split, stride }) => ({
        split: splitToWire(split),
        stride,
      }));
      return { $case: "sample", value: { windows } };
    }
  }
}

export function assignmentFromWire(wire: WireSpec): Assignment {
  const attempt = attemptFromWire("assign.attempt", wire.attempt);
  const task = taskFromWire(check.present("assign.task", wire.task));
  if (task.kind !== attempt.phase) {
    throw check.invalid("assign.task", `is a ${task.kind} task of the ${attempt.phase} phase`);
  }
  return {
    attempt,
    skip: check.list("assign.skip", wire.skip, limits.LIST_ITEMS_MAX, skippedFromWire),
    skipsLeft: check.count("assign.skips_left", wire.skipsLeft),
    task,
  };
}

function taskFromWire(wire: NonNullable<WireSpec["task"]>): AssignedTask {
  switch (wire.$case) {
    case "map":
      return { kind: "map", split: splitFromWire("assign.map.split", wire.value.split) };
    case "reduce": {
      const { passThrough, upload, input } = wire.value;
      return {
        kind: "reduce",
        passThrough,
        upload: upload && locationFromWire(upload),
        input: input && splitFromWire("assign.reduce.input", input),
      };
    }
    case "sample": {
      const { windows } = wire.value;
      return {
        kind: "sample",
        windows: check.list(
          "assign.sample.windows",
          windows,
          limits.SAMPLE_WINDOWS_MAX,
          (field, { split, stride }) => ({
            split: splitFromWire(`${field}.split`, split),
            stride: check.count(`${field}.stride`, stride, 2 ** 32 - 1, 1),
          }),
        ),
      };
    }
  }
}

function locationFromWire({ bucket, key }: ObjectLocation): S3Location {
  return {
    bucket: check.text("assign.reduce.upload.bucket", bucket),
    key: check.path("assign.reduce.upload.key", key, limits.PATH_CHARS_MAX),
  };
}
