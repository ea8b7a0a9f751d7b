/**
 * What attempts leave besides their results: bad records and consoles, as files of a folder. Each is
 * written under a private name, and gets its own when its attempt has won.
 */

import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { AttemptLabel } from "../job/context.ts";
import type { StepLabel } from "../job/report.ts";
import { outputError } from "./output-error.ts";

const BAD_RECORDS_FOLDER = "_bad";
const LOGS_FOLDER = "_logs";
export const SIDE_FOLDERS = [BAD_RECORDS_FOLDER, LOGS_FOLDER] as const;
const PRIVATE_NAME = /\.attempt-\d+$/;

/** An attempt whose log or bad records are kept; `step` where the job has several steps. */
export interface SideFileLabel extends AttemptLabel {
  readonly step?: StepLabel;
}

/** See the head of this file. */
export class SideFiles {
  readonly #folder: string;

  /** Makes the folders in `folder`. @throws SheafError `OUTPUT_FAILED` or `NO_SPACE`. */
  constructor(folder: string) {
    this.#folder = folder;
    try {
      for (const name of SIDE_FOLDERS) mkdirSync(join(folder, name), { recursive: true });
    } catch (error) {
      throw outputError("make a folder in", folder, error);
    }
  }

  /** `_bad/map-00003.ndjson` once committed. */
  badRecordsPath(attempt: SideFileLabel): string {
    return join(this.#folder, BAD_RECORDS_FOLDER, privateName(attempt, "ndjson"));
  }

  /** `_logs/map-00003.log` once committed. */
  logPath(attempt: SideFileLabel): string {
    return join(this.#folder, LOGS_FOLDER, privateName(attempt, "log"));
  }

  /** Gives what an attempt wrote its names. */
  commit(attempt: SideFileLabel): void {
    for (const path of [this.badRecordsPath(attempt), this.logPath(attempt)]) {
      try {
        if (existsSync(path)) renameSync(path, path.replace(PRIVATE_NAME, ""));
      } catch (error) {
        throw outputError("commit", path, error);
      }
    }
  }

  /** Leaves only what was committed, and no empty folder; says what there is, by folder. */
  finish(): { folder: string; names: string[] }[] {
    const kept: { folder: string; names: string[] }[] = [];
    for (const folder of SIDE_FOLDERS) {
      const path = join(this.#folder, folder);
      const names = removePrivate(path);
      if (names.length === 0) rmdirSync(path);
      else kept.push({ folder, names });
    }
    return kept;
  }
}

function privateName({ step, phase, task, attempt }: SideFileLabel, extension: string): string {
  const prefix = step === undefined ? "" : `step-${step.step}.${step.iteration}-`;
  const stem = `${prefix}${phase}-${String(task).padStart(5, "0")}`;
  return `${stem}.${extension}.attempt-${attempt}`;
}

/** Removes what attempts that did not win have left in a folder; says what stays. */
export function removePrivate(folder: string): string[] {
  const names = readdirSync(folder);
  for (const name of names) {
    if (PRIVATE_NAME.test(name)) rmSync(join(folder, name), { force: true });
  }
  return names.filter((name) => !PRIVATE_NAME.test(name));
}
