/** The report as Markdown: the goals in one table, every contender's own figures in another. */

import type { SuiteResult } from "../run-suite.ts";
import type { FoundTool } from "../suite.ts";
import { median, peakText, secondsText, sizeText } from "./figures.ts";
import { judge } from "./judge.ts";
import type { Machine } from "./machine.ts";

/** What the report says of the run itself. */
export interface ReportFacts {
  readonly machine: Machine;
  readonly startedAt: Date;
  readonly sizeBytes: number;
  readonly rounds: number;
  readonly slots: number;
  readonly tools: ReadonlyMap<string, FoundTool>;
}

export function reportMarkdown(all: readonly SuiteResult[], facts: ReportFacts): string {
  const results = all.filter(({ suite }) => suite.section === undefined);
  return [
    "# Benchmark results",
    "",
    "Written by `npm run bench`; [README.md](README.md) says how it measures and how to read this.",
    "",
    ...describeRun(facts),
    "",
    ...(facts.sizeBytes < MEANINGFUL_BYTES ? [TOO_SMALL, ""] : []),
    ...(results.length > 0 ? usualTables(results) : []),
    ...sections(all),
  ].join("\n");
}

function usualTables(results: readonly SuiteResult[]): string[] {
  return [
    "## Goals",
    "",
    "Ratio: our wall time divided by the peer's, the median over the rounds; CPU ratio: the same of",
    "CPU time. Peak: resident memory of all processes together, the highest of the rounds.",
    "",
    ...table(GOAL_COLUMNS, results.flatMap(goalRows)),
    "",
    "## Every contender",
    "",
    "Medians over the rounds; the range of the wall time in brackets.",
    "",
    ...table(CONTENDER_COLUMNS, results.flatMap(contenderRows)),
    "",
  ];
}

/** Suites that only check something may have a heading of their own, several under one. */
function sections(all: readonly SuiteResult[]): string[] {
  const headings = new Set(all.flatMap(({ suite }) => suite.section ?? []));
  return [...headings].flatMap((heading) => {
    const rows = all.filter(({ suite }) => suite.section === heading).flatMap(sectionRows);
    return [`## ${heading}`, "", ...table(SECTION_COLUMNS, rows), ""];
  });
}

function sectionRows(result: SuiteResult): string[][] {
  return judge(result).map(({ name, figure, goal, met }) => [name, figure, goal, met]);
}

/** Below this size most of the time is spent on starting. */
const MEANINGFUL_BYTES = 100_000_000;
const TOO_SMALL = "**So little data only proves that everything works; the figures mean nothing.**";

const GOAL_COLUMNS = [
  "case",
  "Sheaf",
  "peer",
  "its time",
  "ratio",
  "goal",
  "met",
  "CPU ratio",
  "peak MB",
];
const SECTION_COLUMNS = ["what", "found", "goal", "met"];
const CONTENDER_COLUMNS = ["case", "contender", "wall", "CPU", "peak MB"];

function describeRun({
  machine,
  startedAt,
  sizeBytes,
  rounds,
  slots,
  tools,
}: ReportFacts): string[] {
  return [
    `- Machine: ${machine.cores} cores (${machine.model}), ${sizeText(machine.memoryBytes)} of ` +
      `memory, ${machine.system}, Node ${machine.node}`,
    `- Load before the first run: ${machine.load.toFixed(2)}`,
    `- Begun: ${startedAt.toISOString().slice(0, 16).replace("T", " ")} UTC`,
    `- Size: ${sizeText(sizeBytes)}; rounds: ${rounds}; slots: ${slots}`,
    ...[...tools].map(([name, found]) =>
      "version" in found ? `- ${name}: ${found.version}` : `- ${name}: absent (${found.absent})`,
    ),
  ];
}

function goalRows(result: SuiteResult): string[][] {
  return judge(result).map((row) => [
    row.name,
    row.ours,
    row.peer,
    row.peerTime,
    row.figure,
    row.goal,
    row.met,
    row.cpuRatio,
    row.peerPeakMb === "–" ? row.oursPeakMb : `${row.oursPeakMb} / ${row.peerPeakMb}`,
  ]);
}

function contenderRows({ suite, contenders }: SuiteResult): string[][] {
  return contenders.map(({ label, measurements, absent, failed }) => {
    const name = `${suite.title} (${suite.input})`;
    const reason = absent ?? failed;
    if (reason !== undefined || measurements.length === 0) {
      return [name, label, `${absent === undefined ? "FAILED" : "absent"}: ${reason}`, "–", "–"];
    }
    const walls = measurements.map(({ wallS }) => wallS);
    const cpus = measurements.flatMap(({ cpuS }) => cpuS ?? []);
    const peaks = measurements.flatMap(({ peakBytes }) => peakBytes ?? []);
    const range = `${Math.min(...walls).toFixed(2)}–${Math.max(...walls).toFixed(2)}`;
    return [
      name,
      label,
      `${secondsText(median(walls))} (${range})`,
      cpus.length === 0 ? "–" : secondsText(median(cpus)),
      peaks.length === 0 ? "–" : peakText(median(peaks)),
    ];
  });
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)];
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
