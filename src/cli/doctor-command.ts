/**
 * `sheaf doctor`: what a master's data folder holds, and whether all of it is as it was written. It
 * reads every byte and changes none; there is no repair, because what looks like rubbish at the end of
 * a log may be an entry that others count on.
 */

import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { messageOf, SheafError, systemCodeOf } from "../base/error.ts";
import { FolderDisk } from "../storage/disk/folder-disk.ts";
import { checkUnused } from "../storage/disk/folder-lock.ts";
import { LOG_FOLDER } from "../storage/file-names.ts";
import { type Inspection, inspectFolder } from "../storage/opening/inspect.ts";
import type { Dependencies } from "./dependencies.ts";
import { writeLines } from "./display/table.ts";
import { doctorJson } from "./doctor-json.ts";
import { doctorLines, isHealthy } from "./doctor-lines.ts";
import { EXIT_DONE, EXIT_FAILED } from "./exit-code.ts";
import { usage } from "./flag-values.ts";

/** The flags as commander hands them over. */
export interface DoctorFlags {
  readonly json?: boolean;
}

/** Runs the command; resolves to 1 where something is damaged. Throws `USAGE`, `INPUT_MISSING`, ... */
export async function doctorCommand(
  folder: string | undefined,
  flags: DoctorFlags,
  { cwd, stdout, env }: Pick<Dependencies, "cwd" | "stdout" | "env">,
): Promise<number> {
  if (folder === undefined || folder === "") {
    throw usage("No folder was given. Usage: sheaf doctor DIR [options]");
  }
  const path = logFolderOf(resolve(cwd, folder));
  if (!isFolder(path)) {
    throw new SheafError("INPUT_MISSING", `Cannot examine ${path}: there is no such folder.`, {
      data: { path },
    });
  }
  const inspection = await inspect(path);
  if (flags.json === true) stdout.write(`${JSON.stringify(doctorJson(path, inspection))}\n`);
  else writeLines(stdout, env, doctorLines(path, inspection));
  return isHealthy(inspection) ? EXIT_DONE : EXIT_FAILED;
}

/** The log's folder below the master's, whichever of the two was named. */
function logFolderOf(path: string): string {
  const below = join(path, LOG_FOLDER);
  return isFolder(below) ? below : path;
}

/** False too where a file is in the way. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCodeOf(error) ?? "")) return false;
    throw unreadable(path, error);
  }
}

async function inspect(path: string): Promise<Inspection> {
  try {
    // What a running master writes meanwhile would look like damage.
    await checkUnused(path);
    return await inspectFolder(new FolderDisk(path));
  } catch (error) {
    if (error instanceof SheafError) throw error;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): SheafError {
  return new SheafError(
    "INPUT_UNREADABLE",
    `Cannot examine ${path}: ${messageOf(cause)}. Run it as the user of the master.`,
    { data: { path }, cause },
  );
}
