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

  test("what was skipped and retried, the steps, and the user's counters first", () => {
    const result = jobResult({
      output: "/elsewhere/out",
      skippedRecords: 3,
      counters: counters({ "unparsable lines": 12, 数え: 3 }),
      steps: [1, 2, 3].map((iteration) => ({ step: 0, iteration, counters: counters() })),
    });
    expect(`\n${summary(result, { ...FACTS, failures: 1 })}`).toBe(`
✓ word-count.ts done in 4.2 s

  output   /elsewhere/out
           2 parts, 120,000 records, 586 KB
  skipped  3 records, kept in /elsewhere/out/_bad
  retried  1 failed attempt
  steps    3 runs; the engine's counters are their sums

  unparsable lines          12
  数え                       3
  MAP_INPUT_RECORDS  2,000,000`);
  });

  test("a thousand counters of the user's are cut to fifty", () => {
    const names = Array.from({ length: 1000 }, (_, i) => [`counter ${i}`, i + 1]);
    const lines = summary(jobResult({ counters: counters(Object.fromEntries(names)) })).split("\n");
    expect(lines).toContain("  and 950 counters more");
    expect(lines.filter((line) => line.startsWith("  counter "))).toHaveLength(50);
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
