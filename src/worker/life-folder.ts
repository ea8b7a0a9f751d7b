/**
 * The folder of one life of a worker, below the folder of its process:
 *
 *     INCARNATION/JOB/map-3-0/         what one attempt writes; its output stays when it has won
 *
 * Large trees are removed without making the main thread wait, which has pings to answer.
 */

import { mkdirSync, realpathSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, SheafError, systemCodeOf } from "../base/error.ts";
import type { Incarnation, JobId } from "../base/ids.ts";
import { attemptFileName } from "../rpc/attempt-name.ts";
import type { AnyAttemptRef } from "../rpc/wire/attempt.ts";

/** See the head of this file. */
export class LifeFolder {
  readonly path: string;

  constructor(processFolder: string, incarnation: Incarnation) {
    const path = join(processFolder, incarnation);
    makeFolder(path);
    // Without links in it, as the shelf knows it.
    this.path = realpathSync(path);
  }

  /** Makes the folder of an attempt. Throws `NO_SPACE` or `OUTPUT_FAILED`. */
  makeAttempt(ref: AnyAttemptRef): string {
    const path = this.attempt(ref);
    makeFolder(path);
    return path;
  }

  attempt(ref: AnyAttemptRef): string {
    return join(this.#job(ref.job), attemptFileName(ref));
  }

  async removeAttempt(ref: AnyAttemptRef): Promise<void> {
    await removeTree(this.attempt(ref));
  }

  async removeJob(job: JobId): Promise<void> {
    await removeTree(this.#job(job));
  }

  async remove(): Promise<void> {
    await removeTree(this.path);
  }

  #job(job: JobId): string {
    return join(this.path, job);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new SheafError(
      systemCodeOf(error) === "ENOSPC" ? "NO_SPACE" : "OUTPUT_FAILED",
      `Cannot make ${path}: ${messageOf(error)}.`,
      { data: { path }, cause: error },
    );
  }
}

/** What cannot be removed now goes with the process's folder. */
async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 2 }).catch(() => {});
}
