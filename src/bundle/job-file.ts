/**
 * Finds the file of a job, or says what is wrong with its path: no such file (and which one may be
 * meant), a folder, or a file that is no module or may not be read.
 */

import { access, constants, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { SheafError, systemCodeOf } from "../base/error.ts";
import { nearest } from "../base/suggest.ts";
import { displayPath } from "./job-name.ts";

const JOB_FILE = /\.[cm]?[jt]s$/;

/** The absolute path of the job file, with symbolic links resolved as esbuild resolves imports. */
export async function findJobFile(entryPath: string, cwd: string): Promise<string> {
  const path = resolve(cwd, entryPath);
  const shown = displayPath(path, cwd);
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (error) {
    throw invalid(`Cannot read the job ${shown}: ${await whyUnreadable(path, error, cwd)}`, error);
  }
  if (isFolder) {
    const first = (await namesIn(path)).filter((name) => JOB_FILE.test(name)).sort()[0];
    const example = first === undefined ? "" : `, such as ${join(shown, first)}`;
    throw invalid(`Cannot read the job ${shown}: it is a folder. Name a file in it${example}.`);
  }
  if (!JOB_FILE.test(path)) {
    throw invalid(
      `Cannot read the job ${shown}: a job is a TypeScript or JavaScript module, and its name ` +
        "ends in .ts, .mts, .cts, .js, .mjs or .cjs.",
    );
  }
  try {
    await access(path, constants.R_OK);
    return await realpath(path);
  } catch (error) {
    throw invalid(`Cannot read the job ${shown}: ${await whyUnreadable(path, error, cwd)}`, error);
  }
}

async function whyUnreadable(path: string, error: unknown, cwd: string): Promise<string> {
  const code = systemCodeOf(error);
  if (code === "EACCES" || code === "EPERM") {
    return `permission denied (${code}). Give the user who runs it permission to read it.`;
  }
  if (code !== "ENOENT" && code !== "ENOTDIR") return `the operating system says ${code}.`;
  const folder = dirname(path);
  const names = await namesIn(folder);
  const near = nearName(basename(path), names);
  if (near !== undefined) {
    return `no such file. Did you mean ${displayPath(join(folder, near), cwd)}?`;
  }
  if (names.length > 0) return "no such file.";
  return `no such file in ${displayPath(folder, cwd)}, which is empty or does not exist.`;
}

/** The name in a folder that is most likely meant by one that is not there. */
export function nearName(wanted: string, names: readonly string[]): string | undefined {
  const byStem = new Map<string, string>();
  for (const name of names) if (JOB_FILE.test(name)) byStem.set(name.replace(JOB_FILE, ""), name);
  const stem = wanted.replace(JOB_FILE, "");
  return byStem.get(stem) ?? byStem.get(nearest(stem, byStem.keys()) ?? "");
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}

function invalid(message: string, cause?: unknown): SheafError {
  return new SheafError("JOB_INVALID", message, { cause });
}
