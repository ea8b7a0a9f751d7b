/**
 * The folder for intermediate files of a run: private, named for its process, removed when the run
 * ends in whatever way, and by the next run if the process was killed.
 */

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { messageOf, SheafError } from "../base/error.ts";

/** The host is part of the name, because only there does the process number mean anything. */
const PREFIX = `sheaf-work-${hostname()}.`;

/** Makes the folder below `parent`. */
export function makeWorkDirectory(parent: string): string {
  try {
    mkdirSync(parent, { recursive: true });
    removeLeftovers(parent);
    return mkdtempSync(join(parent, `${PREFIX}${process.pid}.`));
  } catch (error) {
    throw new SheafError(
      "OUTPUT_FAILED",
      `Cannot make a folder for intermediate files in ${parent}: ${messageOf(error)}. ` +
        "Choose another place with --work-dir.",
      { cause: error },
    );
  }
}

/** Folders of processes that no longer live; those of other users are left alone. */
function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(PREFIX)) continue;
    const pid = Number(name.slice(PREFIX.length).split(".")[0]);
    if (Number.isInteger(pid) && pid > 0 && !isAlive(pid)) removeQuietly(join(parent, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Removes a folder and all in it; that it cannot be removed is no reason to fail a job. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 2 });
  } catch {
    // Left behind for the next run's sweep.
  }
}
