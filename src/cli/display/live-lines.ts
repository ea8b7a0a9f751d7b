/**
 * The live display as lines: (view, time, width, theme) in, styled lines out. One line says what
 * runs, one per phase how far it is, below it what went wrong there; columns that do not fit are
 * left out.
 */

import { durationInWords } from "../../base/duration.ts";
import { compact, counted } from "../../base/numbers.ts";
import { sizeInWords } from "../../base/size.ts";
import { cellWidth, cutToCells, spellOneLine } from "./cell-width.ts";
import { fitLine, type Line, lineWidth, type Span, span } from "./line.ts";
import type { Theme } from "./theme.ts";
import {
  describeInput,
  describeStep,
  fractionOf,
  type PhaseView,
  rateOf,
  remainingMs,
  type ViewState,
} from "./view-state.ts";

const BAR_CELLS_MIN = 10;
const BAR_CELLS_MAX = 40;
const LABEL_CELLS = "reduce".length;
const GAP = "  ";
const INDENT = " ".repeat(LABEL_CELLS + GAP.length);

/** The display at `nowMs`, each line at most `width` cells. */
export function liveLines(view: ViewState, nowMs: number, width: number, theme: Theme): Line[] {
  const lines: Line[] = [headLine(view, nowMs, width, theme)];
  if (view.planned) lines.push(...phaseLines(view, nowMs, width, theme));
  if (view.lastFailure !== undefined) {
    lines.push([span(INDENT), span(spellOneLine(view.lastFailure), "warning")]);
  }
  if (view.cancelling) {
    lines.push([
      span(`${INDENT}Cancelling${theme.glyphs.cut} press Ctrl-C again to force.`, "warning"),
    ]);
  }
  return lines.map((line) => fitLine(line, width, theme.glyphs.cut));
}

/** The name of the job on the left, the time on the right, and between them what fits. */
function headLine(view: ViewState, nowMs: number, width: number, theme: Theme): Line {
  const elapsed = durationInWords(nowMs - view.startedMs);
  const step = describeStep(view);
  const facts = view.planned ? describeInput(view) : "reading the job and listing its input";
  const name = spellOneLine(view.job);
  const room = width - elapsed.length - GAP.length;
  const left: Span[] = [span(name, "strong")];
  if (step !== "") left.push(span(GAP + step, "busy"));
  if (lineWidth(left) + GAP.length + facts.length <= room) {
    left.push(span(GAP + facts, "faint"));
  }
  const over = lineWidth(left) - room;
  if (over > 0) {
    const cells = Math.max(BAR_CELLS_MIN, cellWidth(name) - over);
    left[0] = span(cutToCells(name, cells, theme.glyphs.cut), "strong");
  }
  const fill = " ".repeat(Math.max(GAP.length, width - lineWidth(left) - elapsed.length));
  return [...left, span(fill), span(elapsed, "faint")];
}

/** The cells of a phase's line right of its bar, the one to keep longest first. */
function phaseCells(phase: PhaseView, nowMs: number): string[] {
  const { completed, tasks } = phase.progress;
  const started = phase.startedMs !== undefined;
  const rate = started ? rateOf(phase) : undefined;
  return [
    `${Math.floor(fractionOf(phase) * 100)}%`,
    `${completed}/${tasks} ${tasks === 1 ? "task " : "tasks"}`,
    timeOf(phase, nowMs),
    rate === undefined ? "" : `${compact(rate.records)} rec/s`,
    rate === undefined ? "" : `${sizeInWords(rate.bytes)}/s`,
  ];
}

function timeOf(phase: PhaseView, nowMs: number): string {
  if (phase.startedMs === undefined) return "";
  if (phase.endedMs !== undefined) return `in ${durationInWords(phase.endedMs - phase.startedMs)}`;
  const remaining = remainingMs(phase, nowMs);
  return remaining === undefined ? "" : `${durationInWords(Math.max(1000, remaining))} left`;
}

/** Least widths, so that a number that grows a digit does not move the whole line. */
const CELL_WIDTHS = [4, 9, 10, 10, 9];
/** Where each cell stands on the line: percent, tasks, records/s, bytes/s, time. */
const CELL_ORDER = [0, 1, 3, 4, 2];

function phaseLines(view: ViewState, nowMs: number, width: number, theme: Theme): Line[] {
  const phases = [
    { label: "map", phase: view.map },
    { label: "reduce", phase: view.reduce },
  ].map(({ label, phase }) => ({ label, phase, cells: phaseCells(phase, nowMs) }));
  const widths = CELL_WIDTHS.map((least, column) =>
    Math.max(least, ...phases.map(({ cells }) => cells[column]!.length)),
  );
  const { shown, bar } = fitColumns(widths, width);
  return phases.flatMap(({ label, phase, cells }) => {
    const line: Span[] = [span(label.padEnd(LABEL_CELLS), "strong")];
    if (bar > 0) line.push(span(GAP), ...barSpans(phase, bar, theme));
    for (const column of CELL_ORDER) {
      if (column >= shown) continue;
      const style = column === 0 ? phaseStyle(phase) : column === 1 ? "plain" : "faint";
      line.push(span(GAP + cells[column]!.padStart(widths[column]!), style));
    }
    while (line.at(-1)!.text.trim() === "") line.pop();
    const incidents = incidentSpans(phase, theme);
    return incidents.length === 0 ? [line] : [line, [span(INDENT), ...incidents]];
  });
}

/** How many of the cells fit beside a bar of the least width, and how wide the bar becomes. */
function fitColumns(widths: readonly number[], width: number): { shown: number; bar: number } {
  const fixed = (count: number): number =>
    widths.slice(0, count).reduce((cells, cell) => cells + GAP.length + cell, LABEL_CELLS);
  let shown = widths.length;
  while (shown > 1 && fixed(shown) + GAP.length + BAR_CELLS_MIN > width) shown--;
  const room = width - fixed(shown) - GAP.length;
  return { shown, bar: room < BAR_CELLS_MIN ? 0 : Math.min(room, BAR_CELLS_MAX) };
}

function phaseStyle(phase: PhaseView): "good" | "busy" | "faint" {
  if (phase.startedMs === undefined) return "faint";
  return phase.endedMs === undefined ? "busy" : "good";
}

function barSpans(phase: PhaseView, cells: number, theme: Theme): Span[] {
  const fraction = phase.startedMs === undefined ? 0 : fractionOf(phase);
  const done = Math.floor(fraction * cells);
  return [
    span(theme.glyphs.barDone.repeat(done), phaseStyle(phase)),
    span(theme.glyphs.barLeft.repeat(cells - done), "faint"),
  ];
}

function incidentSpans({ progress }: PhaseView, theme: Theme): Span[] {
  const incidents: Span[] = [];
  const add = (count: number, noun: string, style: Span["style"], plural?: string): void => {
    if (count === 0) return;
    if (incidents.length > 0) incidents.push(span(` ${theme.glyphs.dot} `, "faint"));
    incidents.push(span(counted(count, noun, plural), style));
  };
  add(progress.spills, "spill", "faint");
  add(progress.retries, "retry", "warning", "retries");
  add(progress.skippedRecords, "record skipped", "warning", "records skipped");
  return incidents;
}
