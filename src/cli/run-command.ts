/**
 * `sheaf run`: checks the flags, opens a display, runs the job, and turns how it ended into words
 * and an exit code. The engine does everything else.
 */

import { basename } from "node:path";
import { messageOf } from "../base/error.ts";
import type { JobEvent, JobResult } from "../job/report.ts";
import type { Dependencies } from "./dependencies.ts";
import { type Display, QUIET_DISPLAY } from "./display/display.ts";
import { paintLine } from "./display/line.ts";
import { isLive, paint, themeFor } from "./display/theme.ts";
import { EXIT_DONE, EXIT_FAILED, exitCodeOf } from "./exit-code.ts";
import { Interrupts } from "./interrupts.ts";
import { bugText, expectedErrorText, isExpected } from "./report-error.ts";
import { type RunFlags, readRunCall } from "./run-flags.ts";

/** What the events have told by the time the run ends. */
interface Course {
  started: boolean;
  ended: boolean;
  failures: number;
}

/** Runs the command and returns the exit code. Throws `USAGE` for a wrong call. */
export async function runCommand(
  job: string | undefined,
  inputs: readonly string[],
  flags: RunFlags,
  dependencies: Dependencies,
): Promise<number> {
  const call = readRunCall(job, inputs, flags);
  const name = basename(call.job);
  const display = await openDisplay(name, flags, dependencies);
  const course: Course = { started: false, ended: false, failures: 0 };
  const controller = new AbortController();
  const interrupts = new Interrupts(dependencies, {
    cancel: () => {
      display.cancelling();
      controller.abort();
    },
    force: () => display.close(),
  });
  try {
    const run = await dependencies.loadRun();
    const result = await run(call.job, {
      ...call.options,
      cwd: dependencies.cwd,
      signal: controller.signal,
      onEvent: (event) => {
        note(course, event);
        display.event(event);
      },
    });
    display.close();
    if (flags.json !== true && flags.quiet !== true) {
      await printSummary(result, name, course, dependencies);
    }
    return EXIT_DONE;
  } catch (thrown) {
    // A reader of the events gets an end whatever happened, also where nothing has started.
    if (!course.ended) display.event(endEvent(thrown));
    display.close();
    return reportFailure(thrown, course, interrupts.exitCode, dependencies);
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
  name: string,
  flags: RunFlags,
  dependencies: Dependencies,
): Promise<Display> {
  const { stderr, env, nowMs } = dependencies;
  if (flags.json === true) {
    const { JsonDisplay } = await import("./display/json-display.ts");
    return new JsonDisplay(dependencies, { nowMs, quiet: flags.quiet === true });
  }
  if (flags.quiet === true) return QUIET_DISPLAY;
  if (isLive(stderr, env)) {
    const { LiveDisplay } = await import("./display/live-display.ts");
    return new LiveDisplay(dependencies, { job: name, theme: themeFor(stderr, env) });
  }
  const { PlainDisplay } = await import("./display/plain-display.ts");
  return new PlainDisplay(stderr, { job: name, nowMs });
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

/** Says why the run ended, and with which exit code the process does. */
function reportFailure(
  thrown: unknown,
  course: Course,
  interruptedCode: number | undefined,
  { stderr, env }: Dependencies,
): number {
  const theme = themeFor(stderr, env);
  if (interruptedCode !== undefined && isCancellation(thrown)) {
    stderr.write(`${paint(theme, "warning", "Cancelled.")} The output folder is as it was.\n`);
    return interruptedCode;
  }
  if (!isExpected(thrown)) {
    stderr.write(bugText(thrown, theme));
    return EXIT_FAILED;
  }
  stderr.write(expectedErrorText(thrown.message, theme));
  // Of a stray error nobody knows whether it comes before the first task or after.
  const started = course.started || thrown.data?.isStray === true;
  return interruptedCode ?? exitCodeOf(thrown.code, started);
}

function isCancellation(thrown: unknown): boolean {
  if (isExpected(thrown)) return thrown.code === "CANCELLED";
  return thrown instanceof Error && thrown.name === "AbortError";
}
