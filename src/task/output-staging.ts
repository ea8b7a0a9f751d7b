/**
 * The staging folder of one job: where its output grows until it is published. It stands beside the
 * output, on the same file system, so that one rename publishes; or inside the output where that
 * folder must stay, because it is a mount point, the folder the user is in, or all that the user
 * may write to.
 *
 *     .NAME.sheaf-JOB/owner.json, new/     or     NAME/.sheaf-JOB/owner.json, new/
 */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { systemCodeOf } from "../base/error.ts";
import { canonicalPath, INNER_STAGING_PREFIX } from "./output-check.ts";
import { outputError } from "./output-error.ts";
import { isAbandoned, OWNER_FILE, writeOwner } from "./output-owner.ts";
import { isPublished, NEW_FOLDER, putBack } from "./output-publish.ts";

/** File names have 255 bytes; so many characters of the output's are enough to recognise it. */
const NAME_CHARS_MAX = 40;

/** A staging folder that was made. */
export interface Staging {
  readonly path: string;
  /** Whether it is inside the output folder, which then stays. */
  readonly inside: boolean;
  /** The topmost folder that had to be made on the way to the output's parent. */
  readonly madeParent: string | undefined;
}

/**
 * Makes the staging folder, and the output's parents if they are missing.
 *
 * @throws SheafError `OUTPUT_FAILED` or `NO_SPACE` when nothing can be written there.
 */
export function makeStaging(output: string, jobId: string, cwd: string): Staging {
  try {
    const madeParent = mkdirSync(dirname(output), { recursive: true });
    const beside = `${besidePrefix(output)}${jobId}`;
    const inside = join(output, `${INNER_STAGING_PREFIX}${jobId}`);
    if (!existsSync(output) || (canonicalPath(cwd) !== output && canReplace(output, inside))) {
      makeFolder(beside, output);
      return { path: beside, inside: false, madeParent };
    }
    makeFolder(inside, output);
    return { path: inside, inside: true, madeParent };
  } catch (error) {
    throw outputError("make a folder for the output at", output, error);
  }
}

/**
 * The staging folder that an earlier process has made for a job, which is this process's from now on, as
 * it was before its publication began; undefined if there is none, or if all is published, and then
 * what was left of it is removed.
 *
 * @throws SheafError `OUTPUT_FAILED` or `NO_SPACE`.
 */
export function adoptStaging(output: string, jobId: string): Staging | undefined {
  const beside = `${besidePrefix(output)}${jobId}`;
  const inside = join(output, `${INNER_STAGING_PREFIX}${jobId}`);
  const path = [beside, inside].find((each) => existsSync(each));
  if (path === undefined) return undefined;
  try {
    writeOwner(path, output);
    putBack(path, output);
    if (isPublished(path)) {
      removeStaging(path);
      return undefined;
    }
  } catch (error) {
    throw outputError("go on with the output in", path, error);
  }
  return { path, inside: path === inside, madeParent: undefined };
}

function makeFolder(path: string, output: string): void {
  mkdirSync(path);
  try {
    writeOwner(path, output);
    mkdirSync(join(path, NEW_FOLDER));
  } catch (error) {
    removeStaging(path);
    throw error;
  }
}

/**
 * Whether folders beside the output can be made, and moved into it. A mount point prevents the one,
 * a parent that belongs to somebody else the other.
 */
function canReplace(output: string, inside: string): boolean {
  const beside = mkdtempBeside(output);
  if (beside === undefined) return false;
  try {
    renameSync(beside, inside);
    rmdirSync(inside);
    return true;
  } catch (error) {
    rmdirSync(beside);
    if (systemCodeOf(error) === "EXDEV") return false;
    throw error;
  }
}

function mkdtempBeside(output: string): string | undefined {
  try {
    return mkdtempSync(besidePrefix(output));
  } catch (error) {
    if (["EACCES", "EPERM", "EROFS"].includes(systemCodeOf(error) ?? "")) return undefined;
    throw error;
  }
}

/**
 * Clears away what jobs that died have left for this output, and puts back an old output that one
 * of them had just taken aside. What cannot be cleared is left: it does no harm but to stay.
 */
export function clearAbandoned(output: string): void {
  for (const path of stagingFolders(output)) {
    try {
      if (isAbandoned(path, output) && putBack(path, output)) removeStaging(path);
    } catch {
      // Another user's, or gone by now.
    }
  }
}

/**
 * Removes a staging folder as far as it can be removed: first what would be published, as nothing is any
 * more, and its owner last.
 */
export function removeStaging(path: string): void {
  try {
    for (const name of [NEW_FOLDER, ...readdirSync(path)]) {
      if (name !== OWNER_FILE) rmSync(join(path, name), { recursive: true, force: true });
    }
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The next job tries again.
  }
}

function besidePrefix(output: string): string {
  const name = [...basename(output)].slice(0, NAME_CHARS_MAX).join("");
  return join(dirname(output), `.${name}.sheaf-`);
}

function stagingFolders(output: string): string[] {
  const prefix = besidePrefix(output);
  return [
    ...foldersWith(dirname(prefix), basename(prefix)),
    ...foldersWith(output, INNER_STAGING_PREFIX),
  ];
}

function foldersWith(parent: string, prefix: string): string[] {
  try {
    const entries = readdirSync(parent, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && entry.name.startsWith(prefix));
    return folders.map((entry) => join(parent, entry.name));
  } catch {
    return [];
  }
}
