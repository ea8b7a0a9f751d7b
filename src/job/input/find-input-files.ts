/**
 * Finds the files of a job's input, in the order in which the job reads them: pattern by pattern as
 * they were given, and within a pattern by the bytes of their names. A file that several patterns
 * name is read several times, as in Hadoop.
 */

import type { Stats } from "node:fs";
import { access, constants, lstat, readdir, readlink, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { compareUtf8 } from "../../base/compare-utf8.ts";
import { SheafError, systemCodeOf } from "../../base/error.ts";
import { INPUT_FILES_MAX } from "../../base/limits.ts";
import { nearest } from "../../base/suggest.ts";
import { isS3Url } from "../../s3/s3-url.ts";
import { findObjects } from "./find-objects.ts";
import { FolderTree } from "./folder-tree.ts";
import { inParallel } from "./in-parallel.ts";
import { compressionOf, type InputFile } from "./input.ts";
import { misnamed, notAFile, tooMany, unreadable } from "./input-error.ts";
import { isGlob, matchGlob, splitGlob } from "./match-glob.ts";

/** System calls under way at once: enough to hide the latency of a network file system. */
const PARALLEL_CALLS = 32;
/** Names looked at for a "did you mean". */
const SUGGESTIONS_MAX = 10_000;

/** A file and its name below what was named. */
interface NamedPath {
  readonly path: string;
  readonly name: string;
}

/**
 * The files that the patterns name; relative ones are below `cwd`. A pattern is a file, a folder
 * (read with all its subfolders, leaving out names that begin with "." or "_") or a glob, here or on
 * S3.
 *
 * @throws SheafError `INPUT_MISSING` for a pattern that names no file, `INPUT_UNREADABLE` for a
 *   file that cannot be read, `USAGE` for more than 10 million files.
 */
export async function findInputFiles(
  patterns: readonly string[],
  cwd: string,
): Promise<InputFile[]> {
  const files: InputFile[] = [];
  for (const pattern of patterns) {
    const first = files.length;
    const found = isS3Url(pattern)
      ? await findObjects(pattern, first)
      : await findLocalFiles(pattern, cwd, first);
    for (const file of found) files.push(file);
  }
  return files;
}

async function findLocalFiles(pattern: string, cwd: string, first: number): Promise<InputFile[]> {
  const paths = await pathsOf(pattern, cwd);
  if (first + paths.length > INPUT_FILES_MAX) throw tooMany();
  return await inParallel(paths, PARALLEL_CALLS, (path, index) => describe(path, first + index));
}

async function pathsOf(pattern: string, cwd: string): Promise<NamedPath[]> {
  if (pattern === "") {
    const message = "An input has an empty name. Name a file, a folder or a glob.";
    throw new SheafError("INPUT_MISSING", message);
  }
  const path = resolve(cwd, pattern);
  const stats = await statIfThere(path, isGlob(pattern));
  if (stats?.isDirectory()) return await pathsInFolder(pattern, path);
  if (stats !== undefined) return [{ path, name: basename(path) }];
  if (isGlob(pattern)) return await pathsOfGlob(pattern, cwd);
  throw await missing(pattern, path, cwd);
}

async function pathsInFolder(pattern: string, folder: string): Promise<NamedPath[]> {
  const names = await new FolderTree(folder).listFiles();
  if (names.length === 0) {
    throw new SheafError(
      "INPUT_MISSING",
      `Cannot find any input in the folder "${pattern}": it holds no files ` +
        '(names that begin with "." or "_" do not count).',
      { data: { file: folder } },
    );
  }
  return below(folder, names);
}

async function pathsOfGlob(pattern: string, cwd: string): Promise<NamedPath[]> {
  const { folder, rest } = splitGlob(pattern);
  const root = resolve(cwd, folder);
  const stats = await statIfThere(root, false);
  if (stats === undefined) throw await missing(pattern, root, cwd);
  const names = stats.isDirectory() ? await matchGlob(new FolderTree(root), rest) : [];
  if (names.length > 0) return below(root, names);
  throw new SheafError(
    "INPUT_MISSING",
    `Cannot find any input that matches "${pattern}" in ${cwd}. ` +
      'Check the pattern; "*" stays within one folder, "**" goes down.',
    { data: { file: pattern } },
  );
}

function below(folder: string, names: string[]): NamedPath[] {
  names.sort(compareUtf8);
  return names.map((name) => ({ path: join(folder, name), name }));
}

/** The file as it is now; throws unless it can be read. */
async function describe({ path, name }: NamedPath, index: number): Promise<InputFile> {
  let stats: Stats;
  try {
    stats = await stat(path);
    if (stats.isFile()) await access(path, constants.R_OK);
  } catch (error) {
    throw path.includes("\uFFFD") ? misnamed(path) : unreadable(path, error);
  }
  if (!stats.isFile()) throw notAFile(path, kindOf(stats));
  return {
    path,
    name,
    index,
    sizeBytes: stats.size,
    modifiedMs: stats.mtimeMs,
    compression: compressionOf(name),
  };
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  return stats.isDirectory() ? "a folder" : "a device";
}

/** Undefined if there is nothing; the name of a glob may be too long for a file. */
async function statIfThere(path: string, mayBeGlob: boolean): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "ENAMETOOLONG" && mayBeGlob) return undefined;
    throw unreadable(path, error);
  }
}

/** Says which part of the path is missing, and what is there instead. */
async function missing(pattern: string, path: string, cwd: string): Promise<SheafError> {
  const data = { data: { file: path } };
  const target = await readlink(path).catch(() => undefined);
  if (target !== undefined) {
    return new SheafError(
      "INPUT_MISSING",
      `Cannot find the input "${pattern}": it is a link to "${target}", which is not there.`,
      data,
    );
  }
  const lost = await firstMissing(path);
  const names = await readdir(dirname(lost)).catch(() => []);
  const near = nearest(basename(lost), names.slice(0, SUGGESTIONS_MAX));
  const found = near === undefined ? undefined : join(dirname(lost), near);
  return new SheafError(
    "INPUT_MISSING",
    `Cannot find the input "${pattern}": there is no ${lost}. ` +
      (found === undefined ? "Check the path." : `Did you mean "${asGiven(found, pattern, cwd)}"?`),
    data,
  );
}

/** The topmost folder or file on the way to `path` that does not exist. */
async function firstMissing(path: string): Promise<string> {
  let lost = path;
  for (;;) {
    const parent = dirname(lost);
    if (parent === lost) return lost;
    const isThere = await lstat(parent).then(
      () => true,
      () => false,
    );
    if (isThere) return lost;
    lost = parent;
  }
}

/** A path in the form of the pattern: below the current folder unless that was absolute. */
function asGiven(path: string, pattern: string, cwd: string): string {
  return resolve(pattern) === pattern ? path : relative(cwd, path);
}
