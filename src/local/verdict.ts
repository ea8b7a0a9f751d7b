/**
 * The message of a failed job: what failed, the user's own line, the record with its file and
 * offset, how often, and what to do.
 */

import { SheafError } from "../base/error.ts";
import type { Failure, RecordOrigin } from "../job/failure.ts";
import type { Phase, Verdict } from "../scheduler/state.ts";
import { locateRecord } from "../task/locate-record.ts";
import type { StepPlan } from "./executor.ts";

/** The error that a job's verdict becomes. */
export async function describeVerdict(verdict: Verdict, plan: StepPlan): Promise<SheafError> {
  const { phase, task, failure } = verdict;
  const record = await findRecord(verdict, plan);
  const paragraphs = [headline(verdict), describeFailure(failure)];
  if (record !== undefined) paragraphs.push(describeRecord(record));
  if (failure.logTail !== "")
    paragraphs.push(`Its last lines on the console:\n${indent(failure.logTail)}`);
  const advice = adviceFor(verdict, record);
  if (advice !== undefined) paragraphs.push(advice);
  const code = verdict.reason === "skipped" ? "TOO_MANY_BAD_RECORDS" : failure.code;
  return new SheafError(code, paragraphs.join("\n\n"), {
    data: {
      phase,
      task,
      occurrences: verdict.occurrences,
      file: record?.file,
      offset: record?.offset,
    },
  });
}

/** The error of a job whose code failed when its attempt had ended: no one knows what is missing. */
export function describeStray(failure: Failure): SheafError {
  const paragraphs = [
    "The job's code failed after map or reduce had returned, so its results cannot be trusted:",
    describeFailure(failure),
  ];
  return new SheafError(failure.code, paragraphs.join("\n\n"));
}

/** The error of a job whose emits came too late, and whose code has caught what they threw. */
export function lateEmits(count: number): SheafError {
  return new SheafError(
    "USER_CODE",
    `emit() was called ${times(count)} after map or reduce had returned, so the output would lack ` +
      "what it was given. Make the function async, and let it await all that it starts.",
  );
}

/** The warning about what a function has started and not awaited. */
export function wordsOfLeftRunning(phase: Phase, kinds: readonly string[]): string {
  return (
    `The job's ${phase} functions had returned, and something they started was still running ` +
    `(${kinds.join(", ")}). What it emits is lost: let the functions await all that they start. ` +
    "If it is a connection that is kept open on purpose, all is well."
  );
}

/** A failure as a paragraph: its words, the user's frames, the code frame. */
export function describeFailure(failure: Failure): string {
  const stack = failure.stack === "" ? "" : `\n${indent(failure.stack)}`;
  const frame = failure.codeFrame === undefined ? "" : `\n\n${failure.codeFrame}`;
  return `${failure.message}${stack}${frame}`;
}

/** A record's place as a paragraph. */
export function describeRecord(record: RecordOrigin): string {
  const place = record.file === "" ? "" : `\n  in ${record.file}, at byte ${record.offset}`;
  return `The record: ${record.excerpt}${place}`;
}

function headline({ phase, task, failures, occurrences, reason }: Verdict): string {
  switch (reason) {
    case "skipped":
      return `Too many bad records: ${phase} task ${task} met one more than may be skipped.`;
    case "fatal":
      return `The ${phase} task ${task} failed:`;
    case "deaths":
      return `The ${phase} task ${task} will not be tried again:`;
    case "attempts":
      return (
        `The ${phase} task ${task} failed ${times(failures)}, and will not be tried again. ` +
        `This failure occurred ${times(occurrences)}:`
      );
  }
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** What a thread that died could not say itself: which record it was at. */
async function findRecord(verdict: Verdict, plan: StepPlan): Promise<RecordOrigin | undefined> {
  const { record } = verdict.failure;
  if (record === undefined || record.excerpt !== "" || record.file !== "") return record;
  if (verdict.phase === "reduce") return undefined;
  const format = plan.step.job.definition.input(plan.params);
  return locateRecord(format, plan.splits[verdict.task]!, record.ordinal);
}

function adviceFor(verdict: Verdict, record: RecordOrigin | undefined): string | undefined {
  if (verdict.reason === "skipped") {
    return "Raise --skip-bad-records if that many are to be expected.";
  }
  if (record === undefined) return undefined;
  return "To go on without such records, pass --skip-bad-records N: they are kept in _bad/ of the output.";
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
