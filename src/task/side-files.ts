/**
 * What attempts leave besides their results: bad records and consoles, as files of a folder. Each is
 * written under a private name, and gets its own when its attempt has won.
 */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { AttemptLabel } from "../job/context.ts";
import type { StepLabel } from "../job/report.ts";
import { writeBadRecords } from "./bad-records.ts";
import { outputError } from "./output-error.ts";
import type { MapResult, ReduceResult } from "./task-spec.ts";

const BAD_RECORDS_FOLDER = "_bad";
const LOGS_FOLDER = "_logs";
export const SIDE_FOLDERS = [BAD_RECORDS_FOLDER, LOGS_FOLDER] as const;
const PRIVATE_NAME = /\.attempt-\d+$/;

/** An attempt whose log or bad records are kept; `step` where the job has several steps. */
export interface SideFileLabel extends AttemptLabel {
  readonly step?: StepLabel;
}

/** Bad records and console of an attempt. */
export type LeftByAttempt = Pick<MapResult | ReduceResult, "bad" | "log">;

/** See the head of this file. */
export class SideFiles {
  readonly #folder: string;
  /**
   * What has a private name. Nearly every attempt leaves nothing, and to ask a file system that may be
   * another machine's about each of ten thousand takes it longer than all the rest of a commit.
   */
  readonly #private: Set<string>;
  /** Those of them that another process has left. */
  readonly #found: readonly string[];

  /**
   * Makes the folders in `folder`, or goes on with what is there.
   *
   * @throws SheafError `OUTPUT_FAILED` or `NO_SPACE`.
   */
  constructor(folder: string) {
    this.#folder = folder;
    try {
      for (const name of SIDE_FOLDERS) mkdirSync(join(folder, name), { recursive: true });
      this.#found = SIDE_FOLDERS.flatMap((name) => privateFiles(join(folder, name)));
      this.#private = new Set(this.#found);
    } catch (error) {
      throw outputError("make a folder in", folder, error);
    }
  }

  /** Writes what there is to write, under names that say that its attempt has not won, and tells them. */
  write(attempt: SideFileLabel, { bad, log }: LeftByAttempt): string[] {
    const written: string[] = [];
    if (bad.length > 0) {
      const path = this.#badRecordsPath(attempt);
      writeBadRecords(path, bad);
      written.push(path);
    }
    if (log !== "") {
      const path = this.#logPath(attempt);
      try {
        writeFileSync(path, log);
      } catch (error) {
        throw outputError("write", path, error);
      }
      written.push(path);
    }
    for (const path of written) this.#private.add(path);
    return written;
  }

  /** Gives what an attempt wrote its names. */
  commit(attempt: SideFileLabel): void {
    for (const path of [this.#badRecordsPath(attempt), this.#logPath(attempt)]) {
      if (!this.#private.has(path)) continue;
      try {
        renameSync(path, path.replace(PRIVATE_NAME, ""));
      } catch (error) {
        throw outputError("commit", path, error);
      }
      this.#private.delete(path);
    }
  }

  /** Leaves only what was committed, and no empty folder; says what there is, by folder. */
  finish(): { folder: string; names: string[] }[] {
    this.#commitFound();
    const kept: { folder: string; names: string[] }[] = [];
    for (const folder of SIDE_FOLDERS) {
      const path = join(this.#folder, folder);
      const names = removePrivate(path);
      if (names.length === 0) rmdirSync(path);
      else kept.push({ folder, names });
    }
    return kept;
  }

  /**
   * A process that died may have told nobody who had won in steps that are over. All of these attempts
   * have succeeded, so of one task any will do.
   */
  #commitFound(): void {
    for (const path of this.#found) {
      const name = path.replace(PRIVATE_NAME, "");
      if (this.#private.has(path) && !existsSync(name)) renameSync(path, name);
    }
  }

  /** `_bad/map-00003.ndjson` once committed. */
  #badRecordsPath(attempt: SideFileLabel): string {
    return join(this.#folder, BAD_RECORDS_FOLDER, privateName(attempt, "ndjson"));
  }

  /** `_logs/map-00003.log` once committed. */
  #logPath(attempt: SideFileLabel): string {
    return join(this.#folder, LOGS_FOLDER, privateName(attempt, "log"));
  }
}

function privateFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => PRIVATE_NAME.test(name))
    .map((name) => join(folder, name));
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
