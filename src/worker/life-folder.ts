/**
 * The folder of one life of a worker, below the folder of its process:
 *
 *     INCARNATION/JOB/map-3-0          what an attempt puts out; a map's stays when it has succeeded
 *     INCARNATION/JOB/map-3-0.spill-1  what it makes on the way
 *
 * To make a folder for each attempt took an eighth of the time of a map that does nothing. Large trees
 * are removed without making the main thread wait, which has pings to answer.
 */

import { mkdirSync, realpathSync, renameSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, SheafError, systemCodeOf } from "../base/error.ts";
import type { Incarnation, JobId } from "../base/ids.ts";
import { attemptFileName } from "../rpc/attempt-name.ts";
import type { AnyAttemptRef } from "../rpc/wire/attempt.ts";

/** See the head of this file. */
export class LifeFolder {
  readonly path: string;
  readonly #made = new Set<JobId>();
  #removals = 0;

  constructor(processFolder: string, incarnation: Incarnation) {
    const path = join(processFolder, incarnation);
    makeFolder(path);
    // Without links in it, as the shelf knows it.
    this.path = realpathSync(path);
  }

  /** The folder of a job, in which the names of an attempt's files begin with `attemptFileName`. */
  job(job: JobId): string {
    return join(this.path, job);
  }

  /** Makes the folder of a job. Throws `NO_SPACE` or `OUTPUT_FAILED`. */
  makeJob(job: JobId): void {
    if (this.#made.has(job)) return;
    makeFolder(this.job(job));
    this.#made.add(job);
  }

  /** Removes all that an attempt has made, whoever was interrupted in making it. */
  async removeAttempt(ref: AnyAttemptRef): Promise<void> {
    if (!this.#made.has(ref.job)) return;
    const folder = this.job(ref.job);
    const its = attemptFileName(ref);
    const names = await readdir(folder).catch(() => []);
    const made = names.filter((name) => name === its || name.startsWith(`${its}.`));
    await Promise.all(made.map((name) => removeTree(join(folder, name))));
  }

  /** Its name is free at once: a leader that comes back may set up the job again while this goes on. */
  async removeJob(job: JobId): Promise<void> {
    if (!this.#made.delete(job)) return;
    const removed = join(this.path, `${job}.removed-${++this.#removals}`);
    try {
      renameSync(this.job(job), removed);
    } catch {
      // Somebody else has removed it.
      return;
    }
    await removeTree(removed);
  }

  async remove(): Promise<void> {
    await removeTree(this.path);
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
