/**
 * Commits a job's output to a folder: attempts write under private names into a staging folder, each winner
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
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { assert } from "../base/assert.ts";
import { type Manifest, manifestText, parseManifest, SUCCESS_FILE } from "../job/manifest.ts";
import type { Part } from "../job/report.ts";
import { isS3Url } from "../s3/s3-url.ts";
import { canonicalPath, checkOutput } from "./output-check.ts";
import type { OutputCommitter, OutputCommitterOptions } from "./output-committer.ts";
import { outputError } from "./output-error.ts";
import { holdsOldOutput, NEW_FOLDER, publish } from "./output-publish.ts";
import {
  adoptStaging,
  clearAbandoned,
  makeStaging,
  removeStaging,
  type Staging,
} from "./output-staging.ts";
import { attemptPartName, partName } from "./part-name.ts";
import { type LeftByAttempt, removePrivate, type SideFileLabel, SideFiles } from "./side-files.ts";
import { FolderStepRuns, type StepRuns } from "./step-runs.ts";
import type { WrittenPart } from "./task-spec.ts";

/** See the head of this file. In order: check, prepare, commits, and commitJob or abort. */
export class FolderCommitter implements OutputCommitter {
  readonly #options: OutputCommitterOptions;
  readonly #output: string;
  readonly #cwd: string;
  readonly #parts = new Map<number, Part>();
  #staging: Staging | undefined;
  #sideFiles: SideFiles | undefined;

  constructor(options: OutputCommitterOptions) {
    assert(/^[\w.-]+$/.test(options.jobId), "a job's id can stand in a file name");
    this.#options = options;
    this.#output = canonicalPath(options.output);
    this.#cwd = options.cwd ?? process.cwd();
  }

  /** It first undoes what a job that died there has left. */
  check(inputs: readonly string[]): void {
    clearAbandoned(this.#output);
    const { output: shown, overwrite } = this.#options;
    const files = inputs.filter((path) => !isS3Url(path));
    checkOutput({ output: this.#output, shown, overwrite, inputs: files, cwd: this.#cwd });
  }

  /** Makes the staging folder. @throws SheafError `OUTPUT_FAILED` or `NO_SPACE`. */
  prepare(): void {
    assert(this.#staging === undefined, "an output is prepared once");
    this.#staging = makeStaging(this.#output, this.#options.jobId, this.#cwd);
    this.#sideFiles = new SideFiles(this.#path(""));
  }

  resume(): boolean {
    assert(this.#staging === undefined, "an output is prepared once");
    this.#staging = adoptStaging(this.#output, this.#options.jobId);
    if (this.#staging === undefined) return false;
    this.#sideFiles = new SideFiles(this.#path(""));
    return true;
  }

  get partsFolder(): string {
    return this.#path("");
  }

  published(): Manifest | undefined {
    const manifest = storedManifest(this.#output);
    const { jobId } = this.#options;
    // By its name: the clocks of two masters say nothing about which came first.
    if (manifest?.run !== jobId) return undefined;
    try {
      // Of what is published there is nothing left to adopt, and what there is else goes.
      adoptStaging(this.#output, jobId);
    } catch {
      // The next job with this output clears it away.
    }
    return manifest;
  }

  get stepRuns(): StepRuns {
    return new FolderStepRuns(this.#staged().path);
  }

  preserve(attempt: SideFileLabel, left: LeftByAttempt): void {
    this.sideFiles.write(attempt, left);
  }

  partPath(partition: number, attempt: number): string {
    return this.#path(attemptPartName(partition, attempt));
  }

  uploadTarget(): undefined {
    return undefined;
  }

  commitTask(partition: number, attempt: number, written: WrittenPart): Part {
    const path = this.partPath(partition, attempt);
    const winner = this.#parts.get(partition);
    if (winner !== undefined) {
      rmSync(path, { force: true });
      return winner;
    }
    const name = partName(partition, this.#options.compression);
    const { records, bytes, crc32 } = written;
    const size = this.#rename(path, this.#path(name));
    assert(size === bytes, `${name} has the ${bytes} bytes that were written, not ${size}`);
    const part = { name, records, bytes, crc32 };
    this.#parts.set(partition, part);
    return part;
  }

  /** Answers with the size of the file. One that has its name already is left as it is. */
  #rename(path: string, name: string): number {
    try {
      if (!existsSync(path) && existsSync(name)) return statSync(name).size;
      const { size } = statSync(path);
      renameSync(path, name);
      return size;
    } catch (error) {
      throw outputError("commit", path, error);
    }
  }

  get output(): string {
    return this.#output;
  }

  get parts(): Part[] {
    return [...this.#parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  }

  commitJob(manifest: Manifest): void {
    const staging = this.#staged();
    assert(manifest.parts.length === this.#parts.size, "the manifest lists every committed part");
    try {
      removePrivate(this.#path(""));
      this.sideFiles.finish();
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

  abort(): void {
    const staging = this.#staging;
    this.#staging = undefined;
    if (staging === undefined || holdsOldOutput(staging.path)) return;
    removeStaging(staging.path);
    if (staging.madeParent !== undefined) removeEmpty(dirname(this.#output), staging.madeParent);
  }

  get sideFiles(): SideFiles {
    assert(this.#sideFiles !== undefined, "an output is prepared before it is written");
    return this.#sideFiles;
  }

  #staged(): Staging {
    assert(this.#staging !== undefined, "an output is prepared before it is written");
    return this.#staging;
  }

  #path(name: string): string {
    return join(this.#staged().path, NEW_FOLDER, name);
  }
}

/** Removes empty folders from `path` up to `top`. */
function removeEmpty(path: string, top: string): void {
  try {
    for (let at = path; at.startsWith(top); at = dirname(at)) rmdirSync(at);
  } catch {
    // Somebody else uses it by now.
  }
}

function storedManifest(output: string): Manifest | undefined {
  try {
    return parseManifest(readFileSync(join(output, SUCCESS_FILE), "utf8"));
  } catch {
    return undefined;
  }
}
