/**
 * The folder for intermediate files of a run: private, named for its process, removed when the run
 * ends in whatever way, and by the next run if the process was killed.
 */

import { mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { messageOf, SheafError, systemCodeOf } from "../base/error.ts";
import { birthOf, mayBeAlive } from "../task/process-life.ts";
import { removeQuietly } from "../task/remove-quietly.ts";

/** The host is part of the name, because only there does the process number mean anything. */
const PREFIX = `sheaf-work-${hostname()}.`;

/** Makes the folder below `parent`. */
export function makeWorkDirectory(parent: string): string {
  try {
    mkdirSync(parent, { recursive: true });
    removeLeftovers(parent);
    const { pid } = process;
    return mkdtempSync(join(parent, `${PREFIX}${pid}.${birthOf(pid)}.`));
  } catch (error) {
    throw new SheafError(
      systemCodeOf(error) === "ENOSPC" ? "NO_SPACE" : "OUTPUT_FAILED",
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
    const [pid, birth = ""] = name.slice(PREFIX.length).split(".");
    if (/^[1-9]\d*$/.test(pid!) && !mayBeAlive(Number(pid), birth))
      removeQuietly(join(parent, name));
  }
}
