/**
 * The bad records of one task, as the NDJSON file that the output keeps of them below `_bad/`: one
 * line for each record that was skipped, with its origin and its error.
 */

import { readFileSync, writeFileSync } from "node:fs";
import type { BadRecord } from "../job/failure.ts";
import { jsonText } from "../job/json-text.ts";
import { outputError } from "./output-error.ts";

/**
 * Writes the bad records of an attempt; for none, no file. They are few and short: the job bounds
 * their number, and each holds an excerpt of its record.
 *
 * @throws SheafError `OUTPUT_FAILED` or `NO_SPACE`.
 */
export function writeBadRecords(path: string, records: readonly BadRecord[]): void {
  if (records.length === 0) return;
  const lines = records.map(({ phase, task, file, offset, record, error }) =>
    jsonText({ phase, task, file, offset, record, error }),
  );
  try {
    writeFileSync(path, `${lines.join("\n")}\n`);
  } catch (error) {
    throw outputError("write", path, error);
  }
}

/** Reads such a file back. */
export function readBadRecords(path: string): BadRecord[] {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as BadRecord);
}
