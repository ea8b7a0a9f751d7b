/**
 * Commits a job's output: attempts write under private names into a staging folder, each winner
 * gets its part's name there, and one publication makes it all the output folder.
 *
 * What always holds: nothing looks complete that is not. Until the publication, all there is is the
 * staging folder, whose name begins with a dot. The manifest is written into it when every part is
 * there, and parts and manifest appear together by one rename; where the output folder itself must
 * stay, the manifest comes last. So `_SUCCESS` below the output's name means every part, whenever
 * the process dies. What a dead process leaves is undone by the next job with this output: an old
 * output that was aside comes back, and the staging folder goes. Nothing is synced to the disk:
 * after a loss of power, `verifyOutput` tells by sizes and checksums whether all of it arrived.
 */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { assert } from "../base/assert.ts";
import type { AttemptLabel } from "../job/context.ts";
import type { Part, StepLabel } from "../job/report.ts";
import { type Manifest, manifestText } from "./manifest.ts";
import { canonicalPath, checkOutput, SUCCESS_FILE } from "./output-check.ts";
import { outputError } from "./output-error.ts";
import { holdsOldOutput, NEW_FOLDER, publish } from "./output-publish.ts";
import { clearAbandoned, makeStaging, removeStaging, type Staging } from "./output-staging.ts";

const BAD_RECORDS_FOLDER = "_bad";
const LOGS_FOLDER = "_logs";
const SIDE_FOLDERS = [BAD_RECORDS_FOLDER, LOGS_FOLDER];
const PRIVATE_NAME = /\.attempt-\d+$/;

/** What a committer is told. */
export interface OutputCommitterOptions {
  /** The output folder, absolute. */
  readonly output: string;
  /** Whether the output of an earlier job may be replaced. */
  readonly overwrite: boolean;
  /** Unique among the jobs that write beside this output; letters, digits, "." "_" and "-". */
  readonly jobId: string;
  readonly compression: "none" | "gzip";
  /** The folder that the user is in; the process's own unless given. */
  readonly cwd?: string;
}

/** An attempt whose log or bad records are kept; `step` where the job has several steps. */
export interface SideFileLabel extends AttemptLabel {
  readonly step?: StepLabel;
}

/** See the head of this file. In order: check, prepare, commits, and commitJob or abort. */
export class OutputCommitter {
  readonly #options: OutputCommitterOptions;
  readonly #output: string;
  readonly #cwd: string;
  readonly #parts = new Map<number, Part>();
  #staging: Staging | undefined;

  constructor(options: OutputCommitterOptions) {
    assert(/^[\w.-]+$/.test(options.jobId), "a job's id can stand in a file name");
    this.#options = options;
    this.#output = canonicalPath(options.output);
    this.#cwd = options.cwd ?? process.cwd();
  }

  /**
   * Refuses an output folder that holds data, or whose loss nobody can have meant. `inputs` are the
   * files that the job reads. It first undoes what a job that died there has left.
   *
   * @throws SheafError `USAGE` or `OUTPUT_EXISTS`.
   */
  check(inputs: readonly string[]): void {
    clearAbandoned(this.#output);
    const { output: shown, overwrite } = this.#options;
    checkOutput({ output: this.#output, shown, overwrite, inputs, cwd: this.#cwd });
  }

  /** Makes the staging folder. @throws SheafError `OUTPUT_FAILED` or `NO_SPACE`. */
  prepare(): void {
    assert(this.#staging === undefined, "an output is prepared once");
    this.#staging = makeStaging(this.#output, this.#options.jobId, this.#cwd);
    try {
      for (const folder of SIDE_FOLDERS) mkdirSync(this.#path(folder));
    } catch (error) {
      throw outputError("make a folder in", this.#staging.path, error);
    }
  }

  /** Where an attempt writes its part. */
  partPath(partition: number, attempt: number): string {
    return this.#path(`${partStem(partition)}.attempt-${attempt}`);
  }

  /**
   * Gives the part of the attempt that won its name. A partition has one winner: the part of a
   * later one is removed, and the answer is the first one's.
   */
  commitTask(partition: number, attempt: number, written: Omit<Part, "name">): Part {
    const path = this.partPath(partition, attempt);
    const winner = this.#parts.get(partition);
    if (winner !== undefined) {
      rmSync(path, { force: true });
      return winner;
    }
    const name = partName(partition, this.#options.compression);
    const { records, bytes, crc32 } = written;
    let size: number;
    try {
      size = statSync(path).size;
      renameSync(path, this.#path(name));
    } catch (error) {
      throw outputError("commit", path, error);
    }
    assert(size === bytes, `${name} has the ${bytes} bytes that were written, not ${size}`);
    const part = { name, records, bytes, crc32 };
    this.#parts.set(partition, part);
    return part;
  }

  /** The output folder, as its real path. */
  get output(): string {
    return this.#output;
  }

  /** The parts that are committed, by partition. */
  get parts(): Part[] {
    return [...this.#parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  }

  /** Where the bad records of an attempt go: `_bad/map-00003.ndjson` once committed. */
  badRecordsPath(attempt: SideFileLabel): string {
    return this.#path(`${BAD_RECORDS_FOLDER}/${privateName(attempt, "ndjson")}`);
  }

  /** Where the console of an attempt goes: `_logs/map-00003.log` once committed. */
  logPath(attempt: SideFileLabel): string {
    return this.#path(`${LOGS_FOLDER}/${privateName(attempt, "log")}`);
  }

  /** Gives the bad records and the log of an attempt that won their names, if it wrote any. */
  commitSideFiles(attempt: SideFileLabel): void {
    for (const path of [this.badRecordsPath(attempt), this.logPath(attempt)]) {
      try {
        if (existsSync(path)) renameSync(path, path.replace(PRIVATE_NAME, ""));
      } catch (error) {
        throw outputError("commit", path, error);
      }
    }
  }

  /**
   * Publishes the output. When it throws, the output is as it was before the job.
   *
   * @throws SheafError `OUTPUT_EXISTS` when the folder has got data meanwhile; `OUTPUT_FAILED`.
   */
  commitJob(manifest: Manifest): void {
    const staging = this.#staged();
    assert(manifest.parts.length === this.#parts.size, "the manifest lists every committed part");
    try {
      removePrivate(this.#path(""));
      for (const folder of SIDE_FOLDERS) {
        if (removePrivate(this.#path(folder)) === 0) rmdirSync(this.#path(folder));
      }
      writeFileSync(this.#path(SUCCESS_FILE), manifestText(manifest));
    } catch (error) {
      throw outputError("complete the output in", staging.path, error);
    }
    publish({
      staging: staging.path,
      output: this.#output,
      overwrite: this.#options.overwrite,
      keepFolder: staging.inside,
    });
    this.#staging = undefined;
    removeStaging(staging.path);
  }

  /** Removes all that the job has written; after `commitJob`, nothing. It never throws. */
  abort(): void {
    const staging = this.#staging;
    this.#staging = undefined;
    if (staging === undefined || holdsOldOutput(staging.path)) return;
    removeStaging(staging.path);
    if (staging.madeParent !== undefined) removeEmpty(dirname(this.#output), staging.madeParent);
  }

  #staged(): Staging {
    assert(this.#staging !== undefined, "an output is prepared before it is written");
    return this.#staging;
  }

  #path(name: string): string {
    return join(this.#staged().path, NEW_FOLDER, name);
  }
}

/** What the part of a partition is called in the output. */
export function partName(partition: number, compression: "none" | "gzip"): string {
  return partStem(partition) + (compression === "gzip" ? ".gz" : "");
}

function partStem(partition: number): string {
  return `part-${String(partition).padStart(5, "0")}`;
}

function privateName({ step, phase, task, attempt }: SideFileLabel, extension: string): string {
  const prefix = step === undefined ? "" : `step-${step.step}.${step.iteration}-`;
  const stem = `${prefix}${phase}-${String(task).padStart(5, "0")}`;
  return `${stem}.${extension}.attempt-${attempt}`;
}

/** Removes what attempts that did not win have left in a folder; says how many entries stay. */
function removePrivate(folder: string): number {
  const names = readdirSync(folder);
  const losers = names.filter((name) => PRIVATE_NAME.test(name));
  for (const name of losers) rmSync(join(folder, name), { force: true });
  return names.length - losers.length;
}

/** Removes empty folders from `path` up to `top`. */
function removeEmpty(path: string, top: string): void {
  try {
    for (let at = path; at.startsWith(top); at = dirname(at)) rmdirSync(at);
  } catch {
    // Somebody else uses it by now.
  }
}
