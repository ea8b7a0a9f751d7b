/**
 * What the displays for people know of a run: a fold over its events, with the times at which they
 * came. No stream, no clock: whoever feeds it says what time it is.
 */

import { counted } from "../../base/numbers.ts";
import { sizeInWords } from "../../base/size.ts";
import type { AttemptEnded, JobEvent, PhaseProgress, Progress } from "../../job/report.ts";

/** Rates are taken over this much of the recent past, so that they follow a change of pace. */
const RATE_WINDOW_MS = 5000;
/** Less than this tells nothing about a rate. */
const RATE_WINDOW_MS_MIN = 400;

/** Where a run stands; the last step that began is the one that is shown. */
export interface ViewState {
  readonly startedMs: number;
  readonly job: string;
  /** Whether its input is listed and its first step has begun. */
  planned: boolean;
  files: number;
  inputBytes: number;
  partitions: number;
  slots: number;
  /** How many steps the job has. */
  steps: number;
  /** Index of the current step, and its iteration from 1. */
  step: number;
  iteration: number;
  map: PhaseView;
  reduce: PhaseView;
  /** Attempts that failed, over the whole run. */
  failures: number;
  lastFailure: string | undefined;
  cancelling: boolean;
  /** When the last event came. */
  lastEventMs: number;
}

/** A phase, and the recent past of it. */
export interface PhaseView {
  readonly progress: PhaseProgress;
  /** When its first task began; undefined while it waits. */
  readonly startedMs: number | undefined;
  /** When its last task ended. */
  readonly endedMs: number | undefined;
  /** What had gone in, and when: the last few seconds, oldest first. */
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly atMs: number;
  readonly records: number;
  readonly bytes: number;
}

/** Records and bytes per second. */
export interface Rate {
  readonly records: number;
  readonly bytes: number;
}

/** A run of which nothing is known yet but its name. */
export function newView(job: string, nowMs: number): ViewState {
  return {
    startedMs: nowMs,
    job,
    planned: false,
    files: 0,
    inputBytes: 0,
    partitions: 0,
    slots: 0,
    steps: 1,
    step: 0,
    iteration: 1,
    map: waitingPhase(0),
    reduce: waitingPhase(0),
    failures: 0,
    lastFailure: undefined,
    cancelling: false,
    lastEventMs: nowMs,
  };
}

/** Takes one event in. */
export function advance(view: ViewState, event: JobEvent, nowMs: number): void {
  switch (event.type) {
    case "job-started":
      view.files = event.files;
      view.inputBytes = event.inputBytes;
      view.partitions = event.partitions;
      view.slots = event.slots;
      view.steps = event.steps;
      break;
    case "step-started":
      view.planned = true;
      view.step = event.step;
      view.iteration = event.iteration;
      view.map = waitingPhase(event.mapTasks, event.inputBytes);
      view.reduce = waitingPhase(event.reduceTasks);
      break;
    case "progress":
      takeProgress(view, event, nowMs);
      break;
    case "attempt-failed":
      view.failures++;
      view.lastFailure = describeFailure(event);
      break;
    case "step-ended":
    case "job-ended":
      break;
  }
  view.lastEventMs = nowMs;
}

function waitingPhase(tasks: number, bytesTotal = 0): PhaseView {
  const counts = { running: 0, completed: 0, records: 0, bytes: 0 };
  const incidents = { spills: 0, retries: 0, skippedRecords: 0 };
  const progress = { tasks, bytesTotal, ...counts, ...incidents };
  return { progress, startedMs: undefined, endedMs: undefined, samples: [] };
}

function takeProgress(view: ViewState, event: Progress, nowMs: number): void {
  view.map = nextPhase(view.map, event.map, view.lastEventMs, nowMs);
  view.reduce = nextPhase(view.reduce, event.reduce, view.lastEventMs, nowMs);
}

function nextPhase(
  phase: PhaseView,
  progress: PhaseProgress,
  lastEventMs: number,
  nowMs: number,
): PhaseView {
  if (progress.running === 0 && progress.completed === 0) return { ...phase, progress };
  // It began after the last event and before this one: the earlier bound keeps rates honest.
  const startedMs = phase.startedMs ?? lastEventMs;
  const ended = progress.completed >= progress.tasks;
  const endedMs = ended ? (phase.endedMs ?? nowMs) : undefined;
  const before = phase.startedMs === undefined ? [{ atMs: startedMs, records: 0, bytes: 0 }] : [];
  const all = [...before, ...phase.samples];
  const recent = all.filter(({ atMs }) => nowMs - atMs <= RATE_WINDOW_MS);
  const kept = recent.length === 0 ? all.slice(-1) : recent;
  const sample = { atMs: nowMs, records: progress.records, bytes: progress.bytes };
  return { progress, startedMs, endedMs, samples: [...kept, sample] };
}

/** The recent rate of a phase, or its mean once it has ended; undefined while unknown. */
export function rateOf(phase: PhaseView): Rate | undefined {
  const { progress, startedMs, endedMs, samples } = phase;
  if (startedMs !== undefined && endedMs !== undefined) {
    return perSecond(progress.records, progress.bytes, endedMs - startedMs);
  }
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return undefined;
  // A failed attempt takes its records back; a rate below zero would only puzzle.
  const records = Math.max(0, last.records - first.records);
  const bytes = Math.max(0, last.bytes - first.bytes);
  return perSecond(records, bytes, last.atMs - first.atMs);
}

function perSecond(records: number, bytes: number, ms: number): Rate | undefined {
  if (ms < RATE_WINDOW_MS_MIN) return undefined;
  return { records: (records * 1000) / ms, bytes: (bytes * 1000) / ms };
}

/** How much of a phase is done, in [0, 1]; 1 only when every task is. */
export function fractionOf({ progress }: PhaseView): number {
  const { tasks, completed, bytes, bytesTotal } = progress;
  if (completed >= tasks) return 1;
  const fraction = bytesTotal > 0 ? bytes / bytesTotal : completed / tasks;
  return Math.min(Math.max(fraction, 0), 0.99);
}

/** The time that a phase will still take; undefined while nobody knows. */
export function remainingMs(phase: PhaseView, nowMs: number): number | undefined {
  const { progress, startedMs, endedMs } = phase;
  if (startedMs === undefined || endedMs !== undefined) return undefined;
  if (progress.bytesTotal > 0) {
    const rate = rateOf(phase);
    if (rate === undefined || rate.bytes === 0) return undefined;
    return (Math.max(0, progress.bytesTotal - progress.bytes) * 1000) / rate.bytes;
  }
  if (progress.completed === 0) return undefined;
  return ((nowMs - startedMs) * (progress.tasks - progress.completed)) / progress.completed;
}

/** A failed attempt in one line: `map 3, attempt 0 failed on w1: TypeError: x is undefined`. */
export function describeFailure(event: AttemptEnded): string {
  const { phase, task, attempt, failure, worker } = event;
  const words = failure.message.split("\n", 1)[0]!;
  const end = failure.kind === "failed" ? "failed" : "was lost";
  return `${phase} ${task}, attempt ${attempt} ${end}${worker ? ` on ${worker}` : ""}: ${words}`;
}

/** What goes in, and onto what: `12 files, 500 MB, 2 slots`. */
export function describeInput(view: ViewState): string {
  const { files, inputBytes, slots } = view;
  return [counted(files, "file"), sizeInWords(inputBytes), counted(slots, "slot")].join(", ");
}

/** The current step, for jobs that have several or repeat one: `step 2 of 3, iteration 4`. */
export function describeStep(view: ViewState): string {
  const parts: string[] = [];
  if (view.steps > 1) parts.push(`step ${view.step + 1} of ${view.steps}`);
  if (view.iteration > 1) parts.push(`iteration ${view.iteration}`);
  return parts.join(", ");
}
