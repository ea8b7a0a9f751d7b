/**
 * The events of a job, in messages: those of `run()`, numbered and with the leader's time.
 */

import { unreachable } from "../../base/assert.ts";
import type { WorkerName } from "../../base/ids.ts";
import { PARTITIONS_MAX, SPLITS_MAX } from "../../base/limits.ts";
import { PART_NAME } from "../../job/manifest.ts";
import type {
  AttemptEnded,
  JobEnded,
  JobEvent,
  JobResult,
  JobStarted,
  Part,
  PhaseProgress,
  Progress,
  StepLabel,
} from "../../job/report.ts";
import type {
  AttemptEnded as WireAttemptEnded,
  JobEnded as WireEnded,
  JobEvent as WireEvent,
  JobStarted as WireJobStarted,
  Part as WirePart,
  PhaseProgress as WirePhase,
  StepProgress as WireProgress,
  JobResult as WireResult,
  StepLabel as WireStep,
} from "../generated/sheaf/v1/event.ts";
import { LIST_ITEMS_MAX, MESSAGE_CHARS_MAX, PATH_CHARS_MAX, STEP_RUNS_MAX } from "../limits.ts";
import {
  attemptNumberFromWire,
  phaseFromWire,
  phaseToWire,
  taskFromWire,
  workerFromWire,
} from "./attempt.ts";
import { count, invalid, list, present, text } from "./checks.ts";
import { countersFromWire, countersToWire } from "./counters.ts";
import { failureFromWire, failureToWire } from "./failure.ts";
import { crc32FromWire, crc32ToWire } from "./result.ts";

/** An event as a client sees it. */
export interface NumberedEvent {
  /** Counts the events of the job, from 1. */
  readonly sequence: number;
  /** By the leader's clock, since 1970. */
  readonly timeMs: number;
  readonly event: JobEvent;
  /** Where an attempt ran that ended, if it ran on one. */
  readonly worker: WorkerName | undefined;
}

type Wire = NonNullable<WireEvent["event"]>;

export function eventToWire({ sequence, timeMs, event, worker }: NumberedEvent): WireEvent {
  return { sequence, timeMs, event: bodyToWire(event, worker) };
}

function bodyToWire(event: JobEvent, worker: WorkerName | undefined): Wire {
  switch (event.type) {
    case "warning":
      return { $case: "warning", value: { message: event.message } };
    case "job-started":
      return { $case: "jobStarted", value: event };
    case "step-started": {
      const { mapTasks, reduceTasks, inputBytes } = event;
      const value = { label: stepToWire(event), mapTasks, reduceTasks, inputBytes };
      return { $case: "stepStarted", value };
    }
    case "progress":
      return { $case: "stepProgress", value: progressToWire(event) };
    case "attempt-failed":
      return { $case: "attemptEnded", value: attemptEndedToWire(event, worker) };
    case "step-ended": {
      const { counters, elapsedMs } = event;
      const value = {
        label: stepToWire(event),
        counters: countersToWire(counters),
        elapsedMs: Math.round(elapsedMs),
      };
      return { $case: "stepEnded", value };
    }
    case "job-ended":
      return { $case: "jobEnded", value: endedToWire(event) };
    default:
      return unreachable(event);
  }
}

export function eventFromWire(field: string, wire: WireEvent | undefined): NumberedEvent {
  const { sequence, timeMs, event } = present(field, wire);
  const body = present(`${field}.event`, event);
  const worker = body.$case === "attemptEnded" ? body.value.workerName : "";
  return {
    sequence: count(`${field}.sequence`, sequence, Number.MAX_SAFE_INTEGER, 1),
    timeMs: count(`${field}.time_ms`, timeMs),
    event: bodyFromWire(field, body),
    worker: worker === "" ? undefined : workerFromWire(`${field}.worker_name`, worker),
  };
}

function bodyFromWire(field: string, wire: Wire): JobEvent {
  switch (wire.$case) {
    case "warning":
      return { type: "warning", message: text(field, wire.value.message, MESSAGE_CHARS_MAX) };
    case "jobStarted":
      return jobStartedFromWire(field, wire.value);
    case "stepStarted": {
      const { label, mapTasks, reduceTasks, inputBytes } = wire.value;
      return {
        type: "step-started",
        ...stepFromWire(`${field}.label`, label),
        mapTasks: count(`${field}.map_tasks`, mapTasks, SPLITS_MAX),
        reduceTasks: count(`${field}.reduce_tasks`, reduceTasks, PARTITIONS_MAX),
        inputBytes: count(`${field}.input_bytes`, inputBytes),
      };
    }
    case "stepProgress":
      return progressFromWire(field, wire.value);
    case "attemptEnded":
      return attemptEndedFromWire(field, wire.value);
    case "stepEnded": {
      const { label, counters, elapsedMs } = wire.value;
      return {
        type: "step-ended",
        ...stepFromWire(`${field}.label`, label),
        counters: countersFromWire(`${field}.counters`, counters),
        elapsedMs: count(`${field}.elapsed_ms`, elapsedMs),
      };
    }
    case "jobEnded":
      return endedFromWire(field, wire.value);
  }
}

function jobStartedFromWire(field: string, wire: WireJobStarted): JobStarted {
  return {
    type: "job-started",
    job: text(`${field}.job`, wire.job, PATH_CHARS_MAX),
    files: count(`${field}.files`, wire.files),
    inputBytes: count(`${field}.input_bytes`, wire.inputBytes),
    partitions: count(`${field}.partitions`, wire.partitions, PARTITIONS_MAX),
    slots: count(`${field}.slots`, wire.slots),
    steps: count(`${field}.steps`, wire.steps, STEP_RUNS_MAX),
  };
}

export function stepToWire({ step, iteration }: StepLabel): WireStep {
  return { step, iteration };
}

export function stepFromWire(field: string, wire: WireStep | undefined): StepLabel {
  const { step, iteration } = present(field, wire);
  return {
    step: count(`${field}.step`, step, STEP_RUNS_MAX),
    iteration: count(`${field}.iteration`, iteration, STEP_RUNS_MAX),
  };
}

function progressToWire(event: Progress): WireProgress {
  const { elapsedMs, map, reduce } = event;
  return {
    label: stepToWire(event),
    elapsedMs: Math.round(elapsedMs),
    map: { ...map },
    reduce: { ...reduce },
  };
}

function progressFromWire(field: string, wire: WireProgress): Progress {
  return {
    type: "progress",
    ...stepFromWire(`${field}.label`, wire.label),
    elapsedMs: count(`${field}.elapsed_ms`, wire.elapsedMs),
    map: phaseProgressFromWire(`${field}.map`, wire.map),
    reduce: phaseProgressFromWire(`${field}.reduce`, wire.reduce),
  };
}

export function phaseProgressFromWire(field: string, wire: WirePhase | undefined): PhaseProgress {
  const phase = present(field, wire);
  return {
    tasks: count(`${field}.tasks`, phase.tasks, SPLITS_MAX),
    running: count(`${field}.running`, phase.running, SPLITS_MAX),
    completed: count(`${field}.completed`, phase.completed, SPLITS_MAX),
    records: count(`${field}.records`, phase.records),
    bytes: count(`${field}.bytes`, phase.bytes),
    bytesTotal: count(`${field}.bytes_total`, phase.bytesTotal),
    spills: count(`${field}.spills`, phase.spills),
    retries: count(`${field}.retries`, phase.retries),
    skippedRecords: count(`${field}.skipped_records`, phase.skippedRecords),
  };
}

export function attemptEndedToWire(
  event: AttemptEnded,
  worker: WorkerName | undefined,
): WireAttemptEnded {
  const { phase, task, attempt, failure, retry } = event;
  return {
    label: stepToWire(event),
    phase: phaseToWire(phase),
    task,
    attempt,
    failure: failureToWire(failure),
    retry,
    workerName: worker ?? "",
  };
}

export function attemptEndedFromWire(field: string, wire: WireAttemptEnded): AttemptEnded {
  return {
    type: "attempt-failed",
    ...stepFromWire(`${field}.label`, wire.label),
    phase: phaseFromWire(`${field}.phase`, wire.phase),
    task: taskFromWire(`${field}.task`, wire.task),
    attempt: attemptNumberFromWire(`${field}.attempt`, wire.attempt),
    failure: failureFromWire(`${field}.failure`, wire.failure),
    retry: wire.retry,
  };
}

export function endedToWire({ result, error }: JobEnded): WireEnded {
  if (result !== undefined) return { outcome: { $case: "result", value: resultToWire(result) } };
  const { code, message } = error ?? { code: "BUG", message: "The job ended without a word." };
  return { outcome: { $case: "error", value: { code, message } } };
}

export function endedFromWire(field: string, wire: WireEnded): JobEnded {
  const outcome = present(`${field}.outcome`, wire.outcome);
  if (outcome.$case === "result") {
    return { type: "job-ended", ok: true, result: resultFromWire(field, outcome.value) };
  }
  const { code, message } = outcome.value;
  return {
    type: "job-ended",
    ok: false,
    error: {
      code: text(`${field}.error.code`, code),
      message: text(`${field}.error.message`, message, MESSAGE_CHARS_MAX),
    },
  };
}

function resultToWire(result: JobResult): WireResult {
  return {
    output: result.output,
    parts: result.parts.map(partToWire),
    counters: countersToWire(result.counters),
    steps: result.steps.map((step) => ({
      label: stepToWire(step),
      counters: countersToWire(step.counters),
    })),
    skippedRecords: result.skippedRecords,
    elapsedMs: Math.round(result.elapsedMs),
  };
}

function resultFromWire(field: string, wire: WireResult): JobResult {
  return {
    output: text(`${field}.output`, wire.output, PATH_CHARS_MAX),
    parts: list(`${field}.parts`, wire.parts, PARTITIONS_MAX, partFromWire),
    counters: countersFromWire(`${field}.counters`, wire.counters),
    steps: list(`${field}.steps`, wire.steps, LIST_ITEMS_MAX, (name, { label, counters }) => ({
      ...stepFromWire(`${name}.label`, label),
      counters: countersFromWire(`${name}.counters`, counters),
    })),
    skippedRecords: count(`${field}.skipped_records`, wire.skippedRecords),
    elapsedMs: count(`${field}.elapsed_ms`, wire.elapsedMs),
  };
}

function partToWire({ name, records, bytes, crc32 }: Part): WirePart {
  return { name, records, sizeBytes: bytes, crc32: crc32ToWire(crc32) };
}

function partFromWire(field: string, wire: WirePart): Part {
  return {
    name: partNameFromWire(`${field}.name`, wire.name),
    records: count(`${field}.records`, wire.records),
    bytes: count(`${field}.size_bytes`, wire.sizeBytes),
    crc32: crc32FromWire(wire.crc32),
  };
}

const PART_NAME_CHARS_MAX = 64;

function partNameFromWire(field: string, name: string): string {
  if (name.length <= PART_NAME_CHARS_MAX && PART_NAME.test(name)) return name;
  throw invalid(field, "is not the name of a part");
}
