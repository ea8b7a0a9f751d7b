/**
 * Jobs and times as the tables of the cluster's commands word them.
 */

import { durationInWords } from "../../base/duration.ts";
import { grouped } from "../../base/numbers.ts";
import type { PhaseProgress } from "../../job/report.ts";
import type { JobStanding, JobSummary } from "../../rpc/wire/job.ts";
import type { Cell } from "../display/table.ts";
import type { Style } from "../display/theme.ts";

const STYLES: Readonly<Record<JobStanding, Style>> = {
  pending: "faint",
  running: "busy",
  succeeded: "good",
  failed: "bad",
  cancelled: "warning",
};

/** Where a job stands, in its colour. */
export function stateCell(state: JobStanding): Cell {
  return [state, STYLES[state]];
}

/** `5/8`: tasks that are completed, and all; a dash before there are any. */
export function tasksInWords({ completed, tasks }: PhaseProgress): string {
  return tasks === 0 ? "-" : `${grouped(completed)}/${grouped(tasks)}`;
}

/** `3 min 07 s ago`. By two clocks, the leader's and ours, so never before its time. */
export function agoInWords(timeMs: number, nowMs: number): string {
  return `${durationInWords(Math.max(0, nowMs - timeMs))} ago`;
}

/** How long a job has taken, or has taken so far. */
export function tookInWords({ submittedMs, endedMs }: JobSummary, nowMs: number): string {
  return durationInWords(Math.max(0, (endedMs ?? nowMs) - submittedMs));
}

/** A moment as a person dates it, in the time zone of the command: `2026-11-24 15:43:48`. */
export function momentInWords(timeMs: number): string {
  const local = new Date(timeMs - new Date(timeMs).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}
