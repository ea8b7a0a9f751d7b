/**
 * Plain lines on stderr, for pipes, logs and terminals without control codes: one when the job is
 * planned, one every two seconds, one at the end of each phase, and one for each failed attempt.
 */

import { durationInWords } from "../../base/duration.ts";
import { compact, counted } from "../../base/numbers.ts";
import { sizeInWords } from "../../base/size.ts";
import type { AttemptEnded, JobEvent } from "../../job/report.ts";
import type { OutputStream } from "../dependencies.ts";
import { spellOneLine } from "./cell-width.ts";
import { CANCELLING, type Display } from "./display.ts";
import {
  advance,
  describeFailure,
  describeInput,
  describeStep,
  fractionOf,
  newView,
  type PhaseView,
  rateOf,
  remainingMs,
  type ViewState,
} from "./view-state.ts";

const LINE_INTERVAL_MS = 2000;
/** More failures than this say nothing new. */
const FAILURES_SHOWN_MAX = 10;

/** See the head of this file. */
export class PlainDisplay implements Display {
  readonly #stderr: OutputStream;
  readonly #nowMs: () => number;
  readonly #view: ViewState;
  #lastLineMs: number;

  constructor(
    stderr: OutputStream,
    options: { readonly job: string; readonly nowMs: () => number; readonly agoMs?: number },
  ) {
    this.#stderr = stderr;
    this.#nowMs = options.nowMs;
    this.#lastLineMs = options.nowMs();
    this.#view = newView(options.job, this.#lastLineMs - (options.agoMs ?? 0));
  }

  event(event: JobEvent, agoMs = 0): void {
    const nowMs = this.#nowMs();
    const thenMs = nowMs - agoMs;
    const view = this.#view;
    const before = { map: view.map, reduce: view.reduce };
    advance(view, event, thenMs);
    if (event.type === "job-started") this.#line(startLine(view), nowMs);
    if (event.type === "warning") this.#line(`warning: ${event.message}`, nowMs);
    if (event.type === "attempt-failed")
      for (const line of failureLines(view, event)) this.#line(line, nowMs);
    if (event.type !== "progress") return;
    const due = nowMs - this.#lastLineMs >= LINE_INTERVAL_MS;
    const ends = endLines(view, before, thenMs);
    // Short steps of a long job end faster than anybody reads.
    const shown = due || view.steps * view.iteration === 1 ? ends : [];
    if (due && ends.length === 0) shown.push(progressLine(view, nowMs));
    for (const line of shown) this.#line(line, nowMs);
  }

  note(text: string): void {
    this.#stderr.write(`${spellOneLine(text)}\n`);
  }

  cancelling(): void {
    this.note(CANCELLING);
  }

  close(): void {}

  #line(line: string, nowMs: number): void {
    const step = this.#view.planned ? describeStep(this.#view) : "";
    this.#stderr.write(`${spellOneLine(step === "" ? line : `${step}: ${line}`)}\n`);
    this.#lastLineMs = nowMs;
  }
}

/** `word-count.ts: 12 files, 500 MB, 2 slots, 4 partitions, 3 steps`. */
function startLine(view: ViewState): string {
  const parts = [describeInput(view), counted(view.partitions, "partition")];
  if (view.steps > 1) parts.push(counted(view.steps, "step"));
  return `${view.job}: ${parts.join(", ")}`;
}

/** A line for each phase that has just ended. */
function endLines(
  view: ViewState,
  before: { readonly map: PhaseView; readonly reduce: PhaseView },
  nowMs: number,
): string[] {
  const lines: string[] = [];
  if (hasEnded(before.map, view.map)) lines.push(endLine("map", view.map, nowMs));
  if (hasEnded(before.reduce, view.reduce)) lines.push(endLine("reduce", view.reduce, nowMs));
  return lines;
}

function hasEnded(before: PhaseView, after: PhaseView): boolean {
  return before.endedMs === undefined && after.endedMs !== undefined;
}

function failureLines(view: ViewState, event: AttemptEnded): string[] {
  if (view.failures > FAILURES_SHOWN_MAX) return [];
  const line = `${describeFailure(event)}${event.retry ? " (will run again)" : ""}`;
  return view.failures < FAILURES_SHOWN_MAX ? [line] : [line, "further failures are not shown"];
}

/** `map 62%, 5/8 tasks, 1.2M records/s, 98 MB/s, 4.0 s left, 3 spills`. */
export function progressLine(view: ViewState, nowMs: number): string {
  const inReduce = view.map.endedMs !== undefined;
  const phase = inReduce ? view.reduce : view.map;
  const { completed, tasks } = phase.progress;
  const parts = [
    `${inReduce ? "reduce" : "map"} ${Math.floor(fractionOf(phase) * 100)}%`,
    `${completed}/${counted(tasks, "task")}`,
    ...rateParts(phase),
  ];
  const remaining = remainingMs(phase, nowMs);
  if (remaining !== undefined) parts.push(`${durationInWords(Math.max(1000, remaining))} left`);
  return [...parts, ...incidents(phase)].join(", ");
}

function endLine(label: string, phase: PhaseView, nowMs: number): string {
  const { tasks, records, bytes } = phase.progress;
  const parts = [
    `${label} done: ${counted(tasks, "task")} in ${durationInWords(nowMs - phase.startedMs!)}`,
    counted(records, "record"),
    sizeInWords(bytes),
    ...rateParts(phase),
  ];
  return [...parts, ...incidents(phase)].join(", ");
}

function rateParts(phase: PhaseView): string[] {
  const rate = rateOf(phase);
  if (rate === undefined) return [];
  return [`${compact(rate.records)} records/s`, `${sizeInWords(rate.bytes)}/s`];
}

function incidents({ progress }: PhaseView): string[] {
  const { spills, retries, skippedRecords } = progress;
  const parts: string[] = [];
  if (spills > 0) parts.push(counted(spills, "spill"));
  if (retries > 0) parts.push(counted(retries, "retry", "retries"));
  if (skippedRecords > 0) parts.push(counted(skippedRecords, "record skipped", "records skipped"));
  return parts;
}
