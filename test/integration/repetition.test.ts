/**
 * A step that repeats, run by threads, in this process and by `testJob`: what ends it, and what the
 * job has counted at its end.
 */

import { fileURLToPath } from "node:url";
import type { Counters } from "sheaf";
import { testJob } from "sheaf/testing";
import { expect, test } from "vitest";
import halvingJob from "./support/halving-job.ts";
import { RunFolder } from "./support/run-folder.ts";

const LINES = ["x".repeat(32), "y".repeat(8), "z"];
const JOB = fileURLToPath(new URL("support/halving-job.ts", import.meta.url));

interface Outcome {
  readonly text: string;
  readonly counters: Counters;
}

/** The same job in every way there is. */
async function outcomesOf(limit: number): Promise<Outcome[]> {
  using folder = new RunFolder({
    "job.ts": `export { default } from ${JSON.stringify(JOB)};`,
    "in/lines.txt": LINES.join("\n"),
  });
  const options = { partitions: 1, params: { limit: String(limit) } };
  const threads = await folder.run(options);
  const inline = await folder.run({ ...options, inline: true });
  const tested = await testJob(halvingJob, { input: LINES, params: { limit } });
  return [...[threads, inline].map(({ text, result }) => ({ text, ...result })), tested];
}

const records = (numbers: number[]) => LINES.map((line, i) => `${line}\t${numbers[i]}\n`).join("");

test.each([
  { limit: 20, iterations: 1, numbers: [16, 4, 0], zeros: 1 },
  { limit: 5, iterations: 3, numbers: [4, 1, 0], zeros: 1 },
  { limit: 2, iterations: 4, numbers: [2, 0, 0], zeros: 2 },
  { limit: -1, iterations: 6, numbers: [0, 0, 0], zeros: 3 },
])("a repetition ends by the params of its step: limit $limit", async (expected) => {
  const { limit, iterations, numbers, zeros } = expected;
  const outcomes = await outcomesOf(limit);
  expect(outcomes).toHaveLength(3);
  for (const { text, counters } of outcomes) {
    expect(text).toBe(records(numbers));
    // The job's own counters are those of the last iteration; the engine's are sums over all.
    const sum = numbers.reduce((a, b) => a + b);
    expect(counters.user).toEqual({ lines: 3, sum, zeros });
    expect(counters.task.MAP_INPUT_RECORDS).toBe(3 + 3 * iterations);
  }
});
