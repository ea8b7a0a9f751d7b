/**
 * What a job is called where people read: its name, made from its file's path, and the paths of its
 * files, relative to the folder where the command was given. Text only; nothing is opened.
 */

import { basename, dirname, isAbsolute, relative, sep } from "node:path";
import { JOB_NAME_CHARS_MAX } from "../base/limits.ts";

/** Files that are named for their role, so that their folder names the job. */
const ROLE_NAMES = new Set(["index", "main", "job"]);

/** The name of a job by its absolute path: `sort` for `/a/sort.ts` and `/a/sort/job.ts`. */
export function jobName(path: string): string {
  const stem = basename(path)
    .replace(/\.[cm]?[jt]s$/, "")
    .replace(/(?<=.)\.job$/, "");
  const folder = basename(dirname(path));
  const name = ROLE_NAMES.has(stem) && folder !== "" ? folder : stem;
  return name.replace(/\p{Cc}/gu, "\ufffd").slice(0, JOB_NAME_CHARS_MAX);
}

/** The path as a person would type it in the folder `cwd`; absolute when it is not below it. */
export function displayPath(path: string, cwd: string): string {
  const below = relative(cwd, path);
  if (below === "") return ".";
  const outside = below === ".." || below.startsWith(`..${sep}`);
  return outside || isAbsolute(below) ? path : below;
}
