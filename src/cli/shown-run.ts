/**
 * A run as people and programs see it, wherever it goes on: a display while it does, a summary or an
 * error at its end, Ctrl-C in between, and an exit code.
 */

import { messageOf } from "../base/error.ts";
import type { JobEvent, JobResult } from "../job/report.ts";
import type { Dependencies } from "./dependencies.ts";
import { type Display, QUIET_DISPLAY } from "./display/display.ts";
import { paintLine } from "./display/line.ts";
import { isLive, paint, themeFor } from "./display/theme.ts";
import { EXIT_DONE, EXIT_FAILED, exitCodeOf } from "./exit-code.ts";
import { Interrupts } from "./interrupts.ts";
import { bugText, expectedErrorText, isExpected } from "./report-error.ts";

/** A run, and how it is shown. */
export interface ShownRun {
  /** What the displays call it. */
  readonly name: string;
  readonly flags: ShownFlags;
  /** How long it has gone on already; 0 unless given. */
  readonly agoMs?: number;
  /** What the first interrupt does: cancel the run, or leave it to go on without us. */
  readonly atInterrupt: "cancel" | "leave";
  /** Begins it, or joins it. */
  readonly start: (hooks: RunHooks) => Promise<JobResult>;
}

/** Which display it is. */
export interface ShownFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** A block that is drawn in place fits neither a debugger nor code that an interrupt breaks off. */
  readonly inline?: boolean;
}

/** How a run tells of itself, and what ends it. */
export interface RunHooks {
  /** Aborted at the first interrupt. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: JobEvent, agoMs?: number) => void;
  /** Tells people something that is no event of the job, in a line. */
  readonly note: (text: string) => void;
}

/** What the events have told by the time the run ends. */
interface Course {
  started: boolean;
  ended: boolean;
  failures: number;
}

/** Runs it to its end and returns the exit code. */
export async function showRun(run: ShownRun, dependencies: Dependencies): Promise<number> {
  const { name, flags, atInterrupt } = run;
  const display = await openDisplay(run, dependencies);
  const course: Course = { started: false, ended: false, failures: 0 };
  const controller = new AbortController();
  const interrupts = new Interrupts(dependencies, {
    cancel: () => {
      if (atInterrupt === "cancel") display.cancelling();
      controller.abort();
    },
    force: () => display.close(),
  });
  try {
    const result = await run.start({
      signal: controller.signal,
      onEvent: (event, agoMs) => {
        note(course, event);
        display.event(event, agoMs);
      },
      note: (text) => display.note(text),
    });
    display.close();
    if (flags.json !== true && flags.quiet !== true) {
      await printSummary(result, name, course, dependencies);
    }
    return EXIT_DONE;
  } catch (thrown) {
    const hasLeft = interrupts.first !== undefined && atInterrupt === "leave";
    // A reader of the events gets an end whatever happened, also where nothing has started.
    if (!course.ended && !hasLeft) display.event(endEvent(thrown));
    display.close();
    const words = hasLeft ? LEFT : CANCELLED;
    return reportFailure(thrown, { course, words, exitCode: interrupts.exitCode }, dependencies);
  } finally {
    interrupts.close();
  }
}

function note(course: Course, event: JobEvent): void {
  if (event.type === "job-started") course.started = true;
  if (event.type === "job-ended") course.ended = true;
  if (event.type === "attempt-failed") course.failures++;
}

/** Only the display that is used is loaded: a short run should not pay for the others. */
async function openDisplay(
  { name, flags, agoMs = 0 }: ShownRun,
  dependencies: Dependencies,
): Promise<Display> {
  const { stderr, env, nowMs } = dependencies;
  if (flags.json === true) {
    const { JsonDisplay } = await import("./display/json-display.ts");
    return new JsonDisplay(dependencies, { nowMs, quiet: flags.quiet === true });
  }
  if (flags.quiet === true) return QUIET_DISPLAY;
  if (isLive(stderr, env) && flags.inline !== true) {
    const { LiveDisplay } = await import("./display/live-display.ts");
    return new LiveDisplay(dependencies, { job: name, agoMs, theme: themeFor(stderr, env) });
  }
  const { PlainDisplay } = await import("./display/plain-display.ts");
  return new PlainDisplay(stderr, { job: name, agoMs, nowMs });
}

async function printSummary(
  result: JobResult,
  job: string,
  course: Course,
  { stderr, env, cwd }: Dependencies,
): Promise<void> {
  const { summaryLines } = await import("./display/summary.ts");
  const theme = themeFor(stderr, env);
  const lines = summaryLines(result, { job, cwd, failures: course.failures }, theme);
  stderr.write(`${lines.map((line) => paintLine(line, theme)).join("\n")}\n`);
}

function endEvent(thrown: unknown): JobEvent {
  const code = isExpected(thrown) ? thrown.code : "BUG";
  return { type: "job-ended", ok: false, error: { code, message: messageOf(thrown) } };
}

/** What an interrupt has done, in two sentences. */
type InterruptWords = readonly [what: string, andNow: string];

const CANCELLED: InterruptWords = ["Cancelled.", "The output folder is as it was."];
const LEFT: InterruptWords = ["No longer following.", "The job goes on."];

/** Says why the run ended, and with which exit code the process does. */
function reportFailure(
  thrown: unknown,
  interrupted: {
    readonly course: Course;
    readonly words: InterruptWords;
    /** Undefined if nothing was. */
    readonly exitCode: number | undefined;
  },
  { stderr, env }: Dependencies,
): number {
  const theme = themeFor(stderr, env);
  const { course, words, exitCode } = interrupted;
  if (exitCode !== undefined && isCancellation(thrown)) {
    stderr.write(`${paint(theme, "warning", words[0])} ${words[1]}\n`);
    return exitCode;
  }
  if (!isExpected(thrown)) {
    stderr.write(bugText(thrown, theme));
    return EXIT_FAILED;
  }
  stderr.write(expectedErrorText(thrown.message, theme));
  // Of a stray error nobody knows whether it comes before the first task or after.
  const started = course.started || thrown.data?.isStray === true;
  return exitCode ?? exitCodeOf(thrown.code, started);
}

function isCancellation(thrown: unknown): boolean {
  if (isExpected(thrown)) return thrown.code === "CANCELLED";
  return thrown instanceof Error && thrown.name === "AbortError";
}
