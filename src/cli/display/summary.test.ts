import { describe, expect, test } from "vitest";
import { counters, jobResult } from "../../../test/support/fake-process.ts";
import { paintLine } from "./line.ts";
import { type SummaryFacts, shortPath, summaryLines } from "./summary.ts";
import { PLAIN_THEME } from "./theme.ts";

const FACTS: SummaryFacts = { job: "word-count.ts", cwd: "/project", failures: 0 };

function summary(result: Parameters<typeof summaryLines>[0], facts = FACTS): string {
  const lines = summaryLines(result, facts, PLAIN_THEME);
  return lines.map((line) => paintLine(line, PLAIN_THEME)).join("\n");
}

describe("summaryLines", () => {
  test("where the output is, how much, and the counters that are not zero", () => {
    expect(`\n${summary(jobResult())}`).toBe(`
✓ word-count.ts done in 4.2 s

  output   out
           2 parts, 120,000 records, 586 KB

  MAP_INPUT_RECORDS  2,000,000`);
  });

  test("what was skipped and retried, and the user's counters first", () => {
    const result = jobResult({
      output: "/elsewhere/out",
      skippedRecords: 3,
      counters: counters({ "unparsable lines": 12, 数え: 3 }),
    });
    expect(`\n${summary(result, { ...FACTS, failures: 1 })}`).toBe(`
✓ word-count.ts done in 4.2 s

  output   /elsewhere/out
           2 parts, 120,000 records, 586 KB
  skipped  3 records, kept in /elsewhere/out/_bad
  retried  1 failed attempt

  unparsable lines          12
  数え                       3
  MAP_INPUT_RECORDS  2,000,000`);
  });

  test("of several steps: each with its own counters, the engine's over all", () => {
    const ranking = [1, 2, 3].map((iteration) => {
      return { step: 1, iteration, counters: counters({ moving: 3 - iteration, pages: 12 }) };
    });
    const steps = [
      { step: 0, iteration: 1, counters: counters({ "broken lines": 2, pages: 12 }) },
      ...ranking,
      { step: 2, iteration: 1, counters: counters() },
    ];
    // The sum of what two steps have counted under one name tells nothing, so it is not shown.
    const result = jobResult({ counters: counters({ pages: 24, moving: 0 }), steps });
    expect(`\n${summary(result)}`).toBe(`
✓ word-count.ts done in 4.2 s

  output   out
           2 parts, 120,000 records, 586 KB
  steps    3 steps, 5 runs

  step 1
    broken lines               2
    pages                     12
  step 2, the last of 3 iterations
    moving                     0
    pages                     12
  all runs
    MAP_INPUT_RECORDS  2,000,000`);
  });

  test("of several steps that count nothing of their own", () => {
    const steps = [0, 1].map((step) => ({ step, iteration: 1, counters: counters() }));
    expect(summary(jobResult({ steps })).split("\n").slice(4)).toEqual([
      "  steps    2 steps, 2 runs",
      "",
      "  all runs",
      "    MAP_INPUT_RECORDS  2,000,000",
    ]);
  });

  test("a thousand counters of the user's are cut to fifty", () => {
    const names = Array.from({ length: 1000 }, (_, i) => [`counter ${i}`, i + 1]);
    const many = counters(Object.fromEntries(names));
    const lines = summary(jobResult({ counters: many })).split("\n");
    expect(lines).toContain("  and 950 counters more");
    expect(lines.filter((line) => line.startsWith("  counter "))).toHaveLength(50);
    const steps = [0, 1, 2].map((step) => ({ step, iteration: 1, counters: many }));
    const perStep = summary(jobResult({ counters: many, steps })).split("\n");
    expect(perStep.filter((line) => line === "    and 950 counters more")).toHaveLength(3);
    expect(perStep.filter((line) => line.startsWith("    counter "))).toHaveLength(150);
  });
});

describe("shortPath", () => {
  test.each([
    ["/project/out", "out"],
    ["/project/a/out", "a/out"],
    ["/project", "/project"],
    ["/projects/out", "/projects/out"],
    ["/out", "/out"],
  ])("%s in /project is %s", (path, expected) => {
    expect(shortPath(path, "/project")).toBe(expected);
  });
});
