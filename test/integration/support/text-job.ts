/**
 * Jobs over three lines of text, as the tests of failing functions need them.
 */

import { type Changes, type Failed, jobFile, type Ran, RunFolder } from "./run-folder.ts";

export const THREE_LINES = { "in/text.txt": "alpha one\nbeta two\ngamma three\n" };
export const STRINGS_TO_INTS = "  intermediate: { key: string(), value: int() },";
export const WORDS =
  '  map(_position, line, emit) { for (const word of line.split(" ")) emit(word, 1); },';

/** A job over text; its fields stand from line 4 of the file on. */
export function textJob(fields: string): string {
  return jobFile({ definition: `  input: text(),\n${fields}` });
}

/** Runs such a job, which must fail. */
export async function failJob(fields: string, changes: Changes = {}): Promise<Failed> {
  using folder = new RunFolder({ ...THREE_LINES, "job.ts": textJob(fields) });
  return await folder.fail(changes);
}

/** Runs such a job, which must succeed. */
export async function runJob(fields: string, changes: Changes = {}): Promise<Ran> {
  using folder = new RunFolder({ ...THREE_LINES, "job.ts": textJob(fields) });
  return await folder.run(changes);
}

/** The attempts that failed, and whether each was tried again. */
export function failedAttempts({ events }: Failed | Ran): string[] {
  return events.flatMap((event) =>
    event.type === "attempt-failed"
      ? [`${event.phase} ${event.task}.${event.attempt}${event.retry ? "" : " last"}`]
      : [],
  );
}
