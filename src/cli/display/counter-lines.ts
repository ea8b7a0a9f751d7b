/**
 * The counters of a run that has ended, as the table that closes its summary: the job's own, then
 * the engine's. Where there are several steps each has its own, because two that count under one
 * name need not mean the same; the engine's are sums over all runs.
 */

import { counted, grouped } from "../../base/numbers.ts";
import type { Counters, TaskCounter } from "../../job/counters.ts";
import type { JobResult } from "../../job/report.ts";
import { cellWidth, spellOneLine } from "./cell-width.ts";
import { type Line, type Span, span } from "./line.ts";

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
/** Beyond this a list is no summary; `_SUCCESS` has them all. */
const USER_COUNTERS_SHOWN_MAX = 50;

/** A row of the table: a counter, words in place of more of them, or what the next ones are of. */
type Row =
  | { readonly name: string; readonly count: string; readonly style: Span["style"] }
  | { readonly rest: string }
  | { readonly heading: string };

/** See the head of this file. */
export function counterLines({ counters, steps }: JobResult): Line[] {
  const hasSteps = steps.length > 1;
  const users = hasSteps ? stepRows(steps) : userRows(counters.user);
  const engines = engineRows(counters.task);
  if (hasSteps && engines.length > 0) engines.unshift({ heading: "all runs" });
  const rows = [...users, ...engines];
  return rows.length === 0 ? [] : [[], ...layOut(rows, hasSteps ? "    " : "  ")];
}

/** The own counters of each step's last run: an iteration counts for the next one alone. */
function stepRows(steps: JobResult["steps"]): Row[] {
  return steps.flatMap(({ step, iteration, counters }, index) => {
    const isLast = steps[index + 1]?.step !== step;
    const rows = isLast ? userRows(counters.user) : [];
    if (rows.length === 0) return [];
    const which = iteration > 1 ? `, the last of ${grouped(iteration)} iterations` : "";
    return [{ heading: `step ${step + 1}${which}` }, ...rows];
  });
}

function userRows(user: Counters["user"]): Row[] {
  const all = Object.entries(user);
  const rows: Row[] = all
    .slice(0, USER_COUNTERS_SHOWN_MAX)
    .map(([name, count]) => ({ name: spellOneLine(name), count: grouped(count), style: "plain" }));
  const left = all.length - rows.length;
  if (left > 0) rows.push({ rest: `and ${counted(left, "counter")} more` });
  return rows;
}

function engineRows(task: Counters["task"]): Row[] {
  return MAIN_COUNTERS.filter((name) => task[name] > 0).map((name) => {
    return { name, count: grouped(task[name]), style: "faint" };
  });
}

function layOut(rows: readonly Row[], indent: string): Line[] {
  const named = rows.filter((row) => "name" in row);
  const nameCells = Math.max(...named.map(({ name }) => cellWidth(name)));
  const countCells = Math.max(...named.map(({ count }) => count.length));
  return rows.map((row) => {
    if ("heading" in row) return [span(`  ${row.heading}`)];
    if ("rest" in row) return [span(indent + row.rest)];
    const fill = " ".repeat(nameCells - cellWidth(row.name) + 2);
    return [span(indent + row.name + fill + row.count.padStart(countCells), row.style)];
  });
}
