import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  attemptFailed,
  jobStarted,
  mapPhase,
  progress,
  reducePhase,
  stepStarted,
} from "../../../test/support/fake-process.ts";
import type { JobEvent } from "../../job/report.ts";
import { lineWidth, paintLine } from "./line.ts";
import { liveLines } from "./live-lines.ts";
import { PLAIN_THEME, themeFor } from "./theme.ts";
import { advance, newView, type ViewState } from "./view-state.ts";

/** The view after events, each a second after the one before. */
function viewAfter(events: readonly JobEvent[], job = "word-count.ts"): ViewState {
  const view = newView(job, 0);
  for (const [index, event] of events.entries()) advance(view, event, (index + 1) * 1000);
  return view;
}

function render(view: ViewState, width: number, theme = PLAIN_THEME): string {
  const lines = liveLines(view, view.lastEventMs, width, theme);
  return lines.map((line) => paintLine(line, theme)).join("\n");
}

const started = [jobStarted(), stepStarted()];
const midMap = [
  ...started,
  progress(mapPhase(20), reducePhase(0)),
  progress(mapPhase(45, { spills: 3 }), reducePhase(0)),
];
const midReduce = [
  ...midMap,
  progress(mapPhase(100, { spills: 3 }), reducePhase(0)),
  progress(mapPhase(100, { spills: 3 }), reducePhase(1, 1)),
];

describe("the live display", () => {
  test("before the job is planned, it says what goes on", () => {
    expect(render(viewAfter([]), 70)).toBe(
      "word-count.ts  reading the job and listing its input              0 ms",
    );
  });

  test("before the first progress, both phases wait", () => {
    expect(`\n${render(viewAfter(started), 70)}`).toBe(`
word-count.ts  12 files, 100 MB, 2 slots                         2.0 s
map     ──────────    0%  0/4 tasks
reduce  ──────────    0%  0/2 tasks`);
  });

  test("in the middle of the map phase: rates, the time left, spills", () => {
    expect(`\n${render(viewAfter(midMap), 100)}`).toBe(`
word-count.ts  12 files, 100 MB, 2 slots                                                       4.0 s
map     ━━━━━━━━━━━━━━━━━━──────────────────────   45%  1/4 tasks  450k rec/s    23 MB/s  2.4 s left
        3 spills
reduce  ────────────────────────────────────────    0%  0/2 tasks`);
  });

  test("in the reduce phase: what the map phase took, and the time left by tasks", () => {
    expect(`\n${render(viewAfter(midReduce), 80)}`).toBe(`
word-count.ts  12 files, 100 MB, 2 slots                                   6.0 s
map     ━━━━━━━━━━━━━━━━━━━━  100%  4/4 tasks  667k rec/s    33 MB/s    in 3.0 s
        3 spills
reduce  ━━━━━━━━━━──────────   50%  1/2 tasks   60k rec/s     5 MB/s  1.0 s left`);
  });

  test("failures: retries, skipped records, and the words of the last one", () => {
    const events = [
      ...midMap,
      attemptFailed(0, "TypeError: x is undefined\n  at map"),
      progress(mapPhase(50, { spills: 1, retries: 1, skippedRecords: 1000 }), reducePhase(0)),
    ];
    expect(`\n${render(viewAfter(events), 80)}`).toBe(`
word-count.ts  12 files, 100 MB, 2 slots                                   6.0 s
map     ━━━━━━━━━━──────────   50%  2/4 tasks  250k rec/s    13 MB/s  4.0 s left
        1 spill · 1 retry · 1,000 records skipped
reduce  ────────────────────    0%  0/2 tasks
        map 3, attempt 0 failed: TypeError: x is undefined`);
  });

  test("what happened in a phase stands below it, also when the other one is under way", () => {
    const events = [
      ...started,
      progress(mapPhase(100, { retries: 2 }), reducePhase(0)),
      progress(mapPhase(100, { retries: 2 }), reducePhase(1, 1, { spills: 1, skippedRecords: 1 })),
    ];
    expect(`\n${render(viewAfter(events), 60)}`).toBe(`
word-count.ts  12 files, 100 MB, 2 slots               4.0 s
map     ━━━━━━━━━━━  100%  4/4 tasks  2.0M rec/s    in 1.0 s
        2 retries
reduce  ━━━━━──────   50%  1/2 tasks   60k rec/s  1.0 s left
        1 spill · 1 record skipped`);
  });

  test("a job of several steps: which one it is, and nothing left of the one before", () => {
    const label = { step: 1, iteration: 4 };
    const events = [
      jobStarted(3),
      stepStarted(),
      progress(mapPhase(100, { spills: 9 }), reducePhase(2, 0, { retries: 1 })),
      stepStarted(1, 4),
      progress(mapPhase(10), reducePhase(0), label),
    ];
    expect(`\n${render(viewAfter(events), 90)}`).toBe(`
word-count.ts  step 2 of 3, iteration 4  12 files, 100 MB, 2 slots                   5.0 s
map     ━━━───────────────────────────   10%  0/4 tasks  200k rec/s    10 MB/s  9.0 s left
reduce  ──────────────────────────────    0%  0/2 tasks`);
  });

  test("cancelling", () => {
    const view = viewAfter(midMap);
    view.cancelling = true;
    expect(render(view, 80).split("\n").at(-1)).toBe(
      "        Cancelling… press Ctrl-C again to force.",
    );
  });

  test.each([
    [
      60,
      `
word-count.ts  12 files, 100 MB, 2 slots               4.0 s
map     ━━━━───────   45%  1/4 tasks  450k rec/s  2.4 s left
        3 spills
reduce  ───────────    0%  0/2 tasks`,
    ],
    [
      40,
      `
word-count.ts                      4.0 s
map     ━━━━━━─────────   45%  1/4 tasks
        3 spills
reduce  ───────────────    0%  0/2 tasks`,
    ],
    [
      18,
      `
word-count…  4.0 s
map      45%
        3 spills
reduce    0%`,
    ],
  ])("on %d columns, what matters least is left out", (width, expected) => {
    expect(`\n${render(viewAfter(midMap), width)}`).toBe(expected);
  });

  test("a wide name is cut by cells, and a name with control codes cannot use them", () => {
    const wide = viewAfter(started, "単語を数える仕事の長い名前.ts");
    expect(render(wide, 30).split("\n")[0]).toBe("単語を数える仕事の長い…  2.0 s");
    const hostile = viewAfter(started, "a\x1b[2J\nb.ts");
    expect(render(hostile, 30).split("\n")[0]).toBe("a\\x1b[2J\\nb.ts           2.0 s");
  });

  test("in ASCII where the terminal has no more", () => {
    const theme = { ...PLAIN_THEME, glyphs: themeFor({}, { TERM: "linux" }).glyphs };
    expect(render(viewAfter(midMap), 50, theme)).toMatch(/^[\x20-\x7e\n]*$/);
  });

  test("colours change nothing but colours", () => {
    const theme = themeFor({ isTTY: true }, {}, "linux");
    const painted = render(viewAfter(midReduce), 80, theme);
    expect(painted).toContain("\x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are taken off.
    expect(painted.replace(/\x1b\[[\d;]*m/g, "")).toBe(render(viewAfter(midReduce), 80));
  });

  test("no line is ever wider than the terminal", () => {
    const event = fc.constantFrom(
      ...midReduce,
      attemptFailed(12_345, "Error: 間違い ".repeat(9)),
      stepStarted(1, 1_000_000),
      progress(mapPhase(77, { spills: 1e9, retries: 1e9, skippedRecords: 1e9 }), reducePhase(0)),
    );
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 8 }),
        fc.integer({ min: 1, max: 130 }),
        (events, width) => {
          const view = viewAfter(events, "数word-count.ts");
          for (const line of liveLines(view, view.lastEventMs, width, PLAIN_THEME)) {
            expect(lineWidth(line)).toBeLessThanOrEqual(width);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
