/**
 * All about a job, for people: where it stands, what runs now and for how long, what went wrong, and
 * how it ended.
 */

import { durationInWords } from "../../base/duration.ts";
import { compact, counted, grouped } from "../../base/numbers.ts";
import { sizeInWords } from "../../base/size.ts";
import type { JobEnded, PhaseProgress } from "../../job/report.ts";
import type { AnyAttemptRef } from "../../rpc/wire/attempt.ts";
import type { JobReport, RunningAttempt } from "../../rpc/wire/job.ts";
import { spellControls, spellOneLine } from "../display/cell-width.ts";
import { type Line, span } from "../display/line.ts";
import { partsInWords } from "../display/summary.ts";
import { type Column, tableLines } from "../display/table.ts";
import { agoInWords, momentInWords, stateCell, tookInWords } from "./job-words.ts";

/** More rows than this are counted, not shown; `--json` has them all. */
const ROWS_MAX = 20;

/** See the head of this file. */
export function reportLines(report: JobReport, nowMs: number): Line[] {
  return [
    ...headLines(report, nowMs),
    ...runningLines(report.running),
    ...failureLines(report.failures),
    ...(report.ended === undefined ? [] : endLines(report.ended)),
  ];
}

const LABEL_CELLS = "submitted".length + 2;

function fact(label: string, text: string): Line {
  return [span(`  ${label.padEnd(LABEL_CELLS)}`, "faint"), span(spellOneLine(text))];
}

function headLines({ summary, step }: JobReport, nowMs: number): Line[] {
  const { job, name, state, submittedMs, endedMs, priority, map, reduce, output } = summary;
  const [words, style] = stateCell(state) as [string, Parameters<typeof span>[1]];
  const submitted = `${momentInWords(submittedMs)}, ${agoInWords(submittedMs, nowMs)}`;
  const isPipeline = step.step > 0 || step.iteration > 1;
  return [
    [span(spellOneLine(name), "strong"), span(`  ${job}  `), span(words, style)],
    [],
    fact("submitted", submitted),
    fact(endedMs === undefined ? "running" : "took", tookInWords(summary, nowMs)),
    ...(priority === 0 ? [] : [fact("priority", String(priority))]),
    fact("output", output),
    ...(isPipeline ? [fact("step", `${step.step + 1}, iteration ${step.iteration}`)] : []),
    ...phaseFacts("map", map, endedMs),
    ...phaseFacts("reduce", reduce, endedMs),
  ];
}

/** Where a phase stands; of a job that has ended the masters may have forgotten it. */
function phaseFacts(label: string, phase: PhaseProgress, endedMs: number | undefined): Line[] {
  if (phase.tasks > 0) return [fact(label, phaseInWords(phase))];
  return endedMs === undefined ? [fact(label, "not planned yet")] : [];
}

/** `5/8 tasks, 2 running, 1.2M records, 98 MB of 160 MB, 3 spills, 1 retry`. */
function phaseInWords(phase: PhaseProgress): string {
  const { tasks, completed, running, records, bytes, bytesTotal } = phase;
  const parts = [`${grouped(completed)}/${counted(tasks, "task")}`];
  if (running > 0) parts.push(`${grouped(running)} running`);
  if (records > 0) parts.push(`${compact(records)} records`);
  if (bytes > 0) {
    const of = bytesTotal > bytes ? ` of ${sizeInWords(bytesTotal)}` : "";
    parts.push(`${sizeInWords(bytes)}${of}`);
  }
  if (phase.spills > 0) parts.push(counted(phase.spills, "spill"));
  if (phase.retries > 0) parts.push(counted(phase.retries, "retry", "retries"));
  if (phase.skippedRecords > 0) {
    parts.push(counted(phase.skippedRecords, "record skipped", "records skipped"));
  }
  return parts.join(", ");
}

const RUNNING_COLUMNS: readonly Column[] = [
  { title: "RUNNING" },
  { title: "WORKER" },
  { title: "FOR", align: "right" },
  { title: "RECORDS", align: "right" },
  { title: "BYTES", align: "right" },
  { title: "" },
];

function runningLines(running: readonly RunningAttempt[]): Line[] {
  if (running.length === 0) return [];
  // Those that run longest tell most.
  const all = [...running].sort((a, b) => b.elapsedMs - a.elapsedMs);
  const rows = all
    .slice(0, ROWS_MAX)
    .map((it) => [
      attemptInWords(it.attempt),
      it.worker,
      durationInWords(it.elapsedMs),
      compact(it.records),
      sizeInWords(it.bytes),
      it.isBackup ? "backup" : "",
    ]);
  return [[], ...tableLines(RUNNING_COLUMNS, rows, "  "), ...restLine(all.length, "attempt")];
}

function attemptInWords({
  phase,
  task,
  attempt,
}: Pick<AnyAttemptRef, "phase"> & { readonly task: number; readonly attempt: number }): string {
  return `${phase} ${task}, attempt ${attempt}`;
}

const FAILURE_COLUMNS: readonly Column[] = [
  { title: "ENDED" },
  { title: "WORKER" },
  { title: "HOW" },
  { title: "WHY" },
];

function failureLines(failures: JobReport["failures"]): Line[] {
  if (failures.length === 0) return [];
  const rows = failures
    .slice(0, ROWS_MAX)
    .map((it) => [
      attemptInWords(it),
      it.worker ?? "-",
      it.failure.kind,
      it.failure.message.split("\n", 1)[0]!,
    ]);
  return [[], ...tableLines(FAILURE_COLUMNS, rows, "  "), ...restLine(failures.length, "attempt")];
}

function restLine(count: number, noun: string): Line[] {
  const left = count - ROWS_MAX;
  return left <= 0 ? [] : [[span(`  and ${counted(left, noun)} more`)]];
}

function endLines({ result, error }: JobEnded): Line[] {
  if (result !== undefined) return [fact("result", partsInWords(result.parts))];
  const message = spellControls(error?.message ?? "It ended without a word.");
  return [[], ...message.split("\n").map((line) => [span(line === "" ? "" : `  ${line}`)])];
}
