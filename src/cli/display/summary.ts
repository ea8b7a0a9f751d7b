/**
 * What a person reads when a run has ended well: where the output is, how much of it there is, what
 * was skipped or tried again, and the counters. Pure: facts in, lines out.
 */

import { isAbsolute, relative } from "node:path";
import { durationInWords } from "../../base/duration.ts";
import { counted } from "../../base/numbers.ts";
import { sizeInWords } from "../../base/size.ts";
import type { JobResult, Part } from "../../job/report.ts";
import { isS3Url } from "../../s3/s3-url.ts";
import { spellOneLine } from "./cell-width.ts";
import { counterLines } from "./counter-lines.ts";
import { type Line, span } from "./line.ts";
import type { Theme } from "./theme.ts";

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
  const lines: Line[] = [
    [span("  output   "), span(output, "strong")],
    [span(`           ${partsInWords(result.parts)}`)],
  ];
  if (result.skippedRecords > 0) {
    const skipped = `${counted(result.skippedRecords, "record")}, kept in `;
    lines.push([span("  skipped  ", "warning"), span(skipped), span(`${output}/_bad`, "strong")]);
  }
  if (facts.failures > 0) {
    lines.push([
      span("  retried  ", "warning"),
      span(`${counted(facts.failures, "failed attempt")}`),
    ]);
  }
  if (result.steps.length > 1) {
    const steps = new Set(result.steps.map(({ step }) => step)).size;
    const runs = counted(result.steps.length, "run");
    lines.push([span("  steps    "), span(`${counted(steps, "step")}, ${runs}`)]);
  }
  return lines;
}

/** `2 parts, 120,000 records, 586 KB`. */
export function partsInWords(parts: readonly Part[]): string {
  const records = parts.reduce((sum, part) => sum + part.records, 0);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return [counted(parts.length, "part"), counted(records, "record"), sizeInWords(bytes)].join(", ");
}

/** A path as a person would type it here: relative if it lies below the current folder. */
export function shortPath(path: string, cwd: string): string {
  if (isS3Url(path)) return path;
  const below = relative(cwd, path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
}
