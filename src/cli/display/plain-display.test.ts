import { describe, expect, test } from "vitest";
import {
  attemptFailed,
  FakeProcess,
  jobStarted,
  mapPhase,
  progress,
  reducePhase,
  stepStarted,
} from "../../../test/support/fake-process.ts";
import type { AttemptEnded, JobEvent } from "../../job/report.ts";
import { PlainDisplay } from "./plain-display.ts";

/** What is written when each event comes `intervalMs` after the one before. */
function written(events: readonly JobEvent[], intervalMs: number, job = "job.ts"): string {
  const process = new FakeProcess();
  const display = new PlainDisplay(process.stderr, { job, nowMs: process.nowMs });
  for (const event of events) {
    process.pass(intervalMs);
    display.event(event);
  }
  display.close();
  return process.errorText;
}

const waiting = reducePhase(0);

describe("PlainDisplay", () => {
  test("prints a warning as it comes", () => {
    const warning = { type: "warning", message: "job.ts:3:1 imports by a computed name" } as const;
    expect(written([warning], 0)).toBe("warning: job.ts:3:1 imports by a computed name\n");
  });

  test("says what begins, how far it is every two seconds, and when a phase ends", () => {
    const events = [
      jobStarted(),
      stepStarted(),
      ...[10, 20, 30, 40, 50, 60, 80].map((megabytes) =>
        progress(mapPhase(megabytes, { spills: 3 }), waiting),
      ),
      progress(mapPhase(100, { spills: 4, retries: 1 }), waiting),
      progress(mapPhase(100, { spills: 4, retries: 1 }), reducePhase(1, 1, { retries: 2 })),
      progress(
        mapPhase(100, { spills: 4, retries: 1 }),
        reducePhase(2, 0, { retries: 2, skippedRecords: 1 }),
      ),
    ];
    expect(`\n${written(events, 500)}`).toBe(`
job.ts: 12 files, 100 MB, 2 slots, 2 partitions
map 30%, 1/4 tasks, 400k records/s, 20 MB/s, 3.5 s left, 3 spills
map 80%, 3/4 tasks, 457k records/s, 23 MB/s, 1.0 s left, 3 spills
map done: 4 tasks in 4.0 s, 2,000,000 records, 100 MB, 500k records/s, 25 MB/s, 4 spills, 1 retry
reduce done: 2 tasks in 1.0 s, 120,000 records, 10 MB, 120k records/s, 10 MB/s, 2 retries, 1 record skipped
`);
  });

  test("a short run says only what begins and ends", () => {
    const events = [
      jobStarted(),
      stepStarted(),
      progress(mapPhase(50), waiting),
      progress(mapPhase(100), waiting),
      progress(mapPhase(100), reducePhase(2)),
    ];
    expect(`\n${written(events, 10)}`).toBe(`
job.ts: 12 files, 100 MB, 2 slots, 2 partitions
map done: 4 tasks in 20 ms, 2,000,000 records, 100 MB
reduce done: 2 tasks in 10 ms, 120,000 records, 10 MB
`);
  });

  test("an attempt on a cluster is told with its worker, and is lost where that is", () => {
    const event = attemptFailed(0, "Worker w7 answered no ping.") as AttemptEnded;
    const lost = { ...event, failure: { ...event.failure, kind: "lost" }, worker: "w7" } as const;
    expect(written([{ ...event, worker: "w7" }, lost], 1)).toBe(
      "map 3, attempt 0 failed on w7: Worker w7 answered no ping. (will run again)\n" +
        "map 3, attempt 0 was lost on w7: Worker w7 answered no ping. (will run again)\n",
    );
  });

  test("failed attempts are told, up to ten", () => {
    const events = Array.from({ length: 20 }, (_, i) => attemptFailed(i, `Error: ${i}\nmore`));
    const lines = written(events, 1).trimEnd().split("\n");
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe("map 3, attempt 0 failed: Error: 0 (will run again)");
    expect(lines.slice(9)).toEqual([
      "map 3, attempt 9 failed: Error: 9 (will run again)",
      "further failures are not shown",
    ]);
  });

  test("a job of many short steps says a line every two seconds, not two for each step", () => {
    const events = [jobStarted(2)];
    for (let iteration = 1; iteration <= 20; iteration++) {
      const label = { step: 1, iteration };
      events.push(stepStarted(1, iteration), progress(mapPhase(100), reducePhase(2), label));
    }
    const lines = written(events, 200).trimEnd().split("\n");
    expect(lines[0]).toBe("job.ts: 12 files, 100 MB, 2 slots, 2 partitions, 2 steps");
    expect(lines[1]).toBe(
      "step 2 of 2, iteration 5: map done: 4 tasks in 200 ms, 2,000,000 records, 100 MB",
    );
    expect(lines.length).toBeLessThanOrEqual(1 + 2 * (8000 / 2000));
  });

  test("sends no control code, whatever a name or an error holds", () => {
    const events = [jobStarted(), attemptFailed(0, "Error: \x1b[31mred\x1b[0m \x07")];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none must be there.
    expect(written(events, 1, "a\x1b[2Jb.ts")).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });
});
