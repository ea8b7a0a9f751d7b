/**
 * What must not become an output folder, found out before the first task runs: folders that hold
 * data, and with `--overwrite` everything whose loss nobody can have meant.
 */

import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, parse, resolve, sep } from "node:path";
import { SheafError, systemCodeOf } from "../base/error.ts";
import { outputError } from "./output-error.ts";

/** Staging folders inside an output begin so; they are no data. */
export const INNER_STAGING_PREFIX = ".sheaf-";

const ENTRIES_SHOWN_MAX = 3;
const LINKS_MAX = 40;

/** What is asked about an output folder. */
export interface OutputQuestion {
  /** The output folder, canonical. */
  readonly output: string;
  /** As the user wrote it, for messages. */
  readonly shown: string;
  readonly overwrite: boolean;
  /** The files and folders that the job reads. */
  readonly inputs: readonly string[];
  readonly cwd: string;
}

/** @throws SheafError `USAGE` or `OUTPUT_EXISTS` when the job must not write there. */
export function checkOutput(question: OutputQuestion): void {
  const { output, shown, overwrite, inputs, cwd } = question;
  if (parse(output).root === output) {
    throw usage(`Cannot write to ${shown}: it is the root of the file system. Name a folder.`);
  }
  const entries = entriesOf(output, shown);
  if (entries.length === 0) return;
  if (isWithin(canonicalPath(cwd), output)) {
    throw usage(
      `Cannot write to ${shown}: it holds data, and the folder that you are in is there or ` +
        "below. Choose another output folder.",
    );
  }
  if (isWithin(canonicalPath(homedir()), output)) {
    throw usage(
      `Cannot write to ${shown}: it holds your home folder. Choose another output folder.`,
    );
  }
  const input = inputs.find((path) => isWithin(canonicalPath(path), output));
  if (input !== undefined) {
    throw usage(
      `Cannot write to ${shown}: it holds the input ${input}, which would be lost. ` +
        "Choose another output folder.",
    );
  }
  if (!overwrite) {
    throw exists(
      `The output folder ${shown} holds data (${describe(entries)}). ` +
        "Choose another, or pass --overwrite to replace it when the job succeeds.",
      shown,
    );
  }
}

/** Whether a folder with these entries may give way to an output. */
export function mayReplace(entries: readonly string[], overwrite: boolean): boolean {
  return entries.length === 0 || overwrite;
}

/** The names in a folder, sorted, staging folders left out; none where there is no folder. */
export function entriesOf(folder: string, shown = folder): string[] {
  try {
    const names = readdirSync(folder);
    return names.filter((name) => !name.startsWith(INNER_STAGING_PREFIX)).sort();
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    if (systemCodeOf(error) !== "ENOTDIR") throw outputError("read", shown, error);
    throw usage(
      `Cannot write to ${shown}: ${nearestFile(folder)} is a file, and the output is a folder. ` +
        "Choose another path.",
    );
  }
}

/** "12 entries: part-00000, part-00001, part-00002, ..." */
function describe(entries: readonly string[]): string {
  const more = entries.length > ENTRIES_SHOWN_MAX ? ", ..." : "";
  const count = entries.length === 1 ? "1 entry" : `${entries.length} entries`;
  return `${count}: ${entries.slice(0, ENTRIES_SHOWN_MAX).join(", ")}${more}`;
}

/** The path itself or the part of it that is a file. */
function nearestFile(path: string): string {
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    if (existsSync(at)) return at;
  }
  return path;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** The path without symbolic links, as far as it exists. */
export function canonicalPath(path: string, links = 0): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch (error) {
    const parent = dirname(absolute);
    if (parent === absolute || links === LINKS_MAX) return absolute;
    if (systemCodeOf(error) === "ENOENT" && lstatSync(absolute, { throwIfNoEntry: false })) {
      // A link to what does not exist yet.
      return canonicalPath(resolve(parent, readlinkSync(absolute)), links + 1);
    }
    return join(canonicalPath(parent, links), basename(absolute));
  }
}

function usage(message: string): SheafError {
  return new SheafError("USAGE", message);
}

function exists(message: string, path: string): SheafError {
  return new SheafError("OUTPUT_EXISTS", message, { data: { path } });
}
