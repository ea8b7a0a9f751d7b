/**
 * What a person reads when a run has ended well: where the output is, how much of it there is, what
 * was skipped or tried again, and the counters. Pure: facts in, lines out.
 */

import { isAbsolute, join, relative } from "node:path";
import { durationInWords } from "../../base/duration.ts";
import { counted, grouped } from "../../base/numbers.ts";
import { sizeInWords } from "../../base/size.ts";
import type { TaskCounter } from "../../job/counters.ts";
import type { JobResult } from "../../job/report.ts";
import { cellWidth, spellOneLine } from "./cell-width.ts";
import { type Line, span } from "./line.ts";
import type { Theme } from "./theme.ts";

/** The engine's counters that tell a person something; the others stand in `_SUCCESS`. */
const MAIN_COUNTERS: readonly TaskCounter[] = [
  "MAP_INPUT_RECORDS",
  "MAP_INPUT_BYTES",
  "MAP_OUTPUT_RECORDS",
  "COMBINE_OUTPUT_RECORDS",
  "SPILLED_RECORDS",
  "REDUCE_SHUFFLE_BYTES",
  "REDUCE_INPUT_GROUPS",
  "REDUCE_OUTPUT_RECORDS",
];
/** Beyond this the list is no summary; `_SUCCESS` has them all. */
const USER_COUNTERS_SHOWN_MAX = 50;

/** What the summary knows besides the result. */
export interface SummaryFacts {
  readonly job: string;
  readonly cwd: string;
  /** Attempts that failed on the way. */
  readonly failures: number;
}

/** The summary of a run that ended well. */
export function summaryLines(result: JobResult, facts: SummaryFacts, theme: Theme): Line[] {
  const { tick } = theme.glyphs;
  const head = ` in ${durationInWords(result.elapsedMs)}`;
  return [
    [span(`${tick} `, "strongGood"), span(spellOneLine(facts.job), "strong"), span(` done${head}`)],
    [],
    ...outcomeLines(result, facts),
    ...counterLines(result),
  ];
}

function outcomeLines(result: JobResult, facts: SummaryFacts): Line[] {
  const output = spellOneLine(shortPath(result.output, facts.cwd));
  const records = result.parts.reduce((sum, part) => sum + part.records, 0);
  const bytes = result.parts.reduce((sum, part) => sum + part.bytes, 0);
  const size = [
    counted(result.parts.length, "part"),
    counted(records, "record"),
    sizeInWords(bytes),
  ].join(", ");
  const lines: Line[] = [
    [span("  output   "), span(output, "strong")],
    [span(`           ${size}`)],
  ];
  if (result.skippedRecords > 0) {
    const skipped = `${counted(result.skippedRecords, "record")}, kept in `;
    lines.push([
      span("  skipped  ", "warning"),
      span(skipped),
      span(join(output, "_bad"), "strong"),
    ]);
  }
  if (facts.failures > 0) {
    lines.push([
      span("  retried  ", "warning"),
      span(`${counted(facts.failures, "failed attempt")}`),
    ]);
  }
  if (result.steps.length > 1) {
    lines.push([
      span("  steps    "),
      span(`${result.steps.length} runs; the engine's counters are their sums`),
    ]);
  }
  return lines;
}

function counterLines({ counters }: JobResult): Line[] {
  const users = Object.entries(counters.user);
  const shown = users.slice(0, USER_COUNTERS_SHOWN_MAX);
  const main = MAIN_COUNTERS.map((name): [string, number] => [name, counters.task[name]]).filter(
    ([, count]) => count > 0,
  );
  const all = [...shown, ...main].map(
    ([name, count]) => [spellOneLine(name), grouped(count)] as const,
  );
  const nameCells = Math.max(0, ...all.map(([name]) => cellWidth(name)));
  const countCells = Math.max(0, ...all.map(([, count]) => count.length));
  const lines = all.map(([name, count], index): Line => {
    const fill = " ".repeat(nameCells - cellWidth(name) + 2);
    const row = `  ${name}${fill}${count.padStart(countCells)}`;
    return [span(row, index < shown.length ? "plain" : "faint")];
  });
  const left = users.length - shown.length;
  if (left > 0) lines.splice(shown.length, 0, [span(`  and ${counted(left, "counter")} more`)]);
  return lines.length === 0 ? [] : [[], ...lines];
}

/** A path as a person would type it here: relative if it lies below the current folder. */
export function shortPath(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
}
