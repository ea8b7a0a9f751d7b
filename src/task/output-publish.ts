/**
 * Puts a finished output in its place, and puts back what a failure or a crash on the way left.
 *
 * By rename, wherever the output folder may be replaced: the old folder goes aside, the new one
 * takes its name. By moving, where the folder itself must stay (a mount point, the folder that the
 * user is in): the old entries go aside, the new ones come in, the manifest last.
 *
 * What always holds: whenever the process dies, the folder that bears the output's name has a
 * `_SUCCESS` only if it is complete, and the staging folder still holds all that is needed to go
 * back. What a staging folder holds tells how far it came:
 *
 *     old/              by rename: the old output is aside; with no new/ left, all is done
 *     moving/           by moving: some old entries are aside, the old manifest first
 *     moved/            by moving: all are; new ones are coming in, their manifest last
 */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { messageOf, SheafError, systemCodeOf } from "../base/error.ts";
import { SUCCESS_FILE } from "../job/manifest.ts";
import { entriesOf, mayReplace } from "./output-check.ts";
import { outputError } from "./output-error.ts";

/** Where a staging folder keeps the output to come. */
export const NEW_FOLDER = "new";
const OLD_FOLDER = "old";
const MOVING_FOLDER = "moving";
const MOVED_FOLDER = "moved";

/** What a job puts into its output folder; nothing else there is touched on the way back. */
const OUTPUT_ENTRY = /^(?:part-\d{5,}(?:\.gz)?|_SUCCESS|_bad|_logs)$/;

/** How to publish. */
export interface Publication {
  /** The staging folder; `new` in it is the finished output, manifest included. */
  readonly staging: string;
  readonly output: string;
  readonly overwrite: boolean;
  /** The output folder itself must stay, so its entries are moved. */
  readonly keepFolder: boolean;
}

/**
 * Publishes, or leaves everything as it was and throws.
 *
 * @throws SheafError `OUTPUT_EXISTS` when the output has got data meanwhile; `OUTPUT_FAILED`.
 */
export function publish(publication: Publication): void {
  const { staging, output } = publication;
  try {
    if (publication.keepFolder || !replaceByRename(publication)) replaceEntries(publication);
  } catch (error) {
    let stuck = "";
    try {
      if (!putBack(staging, output)) stuck = "something else is there now";
    } catch (second) {
      stuck = messageOf(second);
    }
    if (stuck === "") throw outputError("put the output in place at", output, error);
    throw new SheafError(
      "OUTPUT_FAILED",
      `Cannot put the output in place at ${output}: ${messageOf(error)} Nor could what was there ` +
        `be put back: ${stuck}. It is kept in ${staging}; move it back by hand.`,
      { data: { path: output, kept: staging }, cause: error },
    );
  }
}

/** False, and nothing done, where the system will not have the folder replaced. */
function replaceByRename({ staging, output, overwrite }: Publication): boolean {
  const fresh = join(staging, NEW_FOLDER);
  const old = join(staging, OLD_FOLDER);
  copyMode(output, fresh);
  try {
    renameSync(output, old);
  } catch (error) {
    if (mustStay(error)) return false;
    if (systemCodeOf(error) !== "ENOENT") throw error;
  }
  if (existsSync(old) && !mayReplace(readdirSync(old), overwrite)) throw gotData(output);
  try {
    renameSync(fresh, output);
  } catch (error) {
    const code = systemCodeOf(error);
    throw code === "ENOTEMPTY" || code === "EEXIST" ? gotData(output) : error;
  }
  return true;
}

/** The folder that comes has the permissions of the one that goes, as far as that is allowed. */
function copyMode(from: string, to: string): void {
  try {
    chmodSync(to, statSync(from).mode & 0o7777);
  } catch {
    // There is none, or it is not ours to change.
  }
}

/** Whether a folder can only be filled, not replaced: a mount point, or somebody else's. */
function mustStay(error: unknown): boolean {
  return ["EBUSY", "EXDEV", "EPERM", "EACCES"].includes(systemCodeOf(error) ?? "");
}

function replaceEntries({ staging, output, overwrite }: Publication): void {
  const moving = join(staging, MOVING_FOLDER);
  const entries = entriesOf(output);
  if (!mayReplace(entries, overwrite)) throw gotData(output);
  mkdirSync(moving);
  moveAll(manifestFirst(entries), output, moving);
  renameSync(moving, join(staging, MOVED_FOLDER));
  const fresh = join(staging, NEW_FOLDER);
  moveAll(manifestFirst(entriesOf(fresh)).reverse(), fresh, output);
}

/**
 * Undoes a publication that did not come to its end, by what the staging folder holds; one that
 * did, or never began, is left as it is. False when the staging folder must be kept all the same.
 */
export function putBack(staging: string, output: string): boolean {
  const has = (name: string) => existsSync(join(staging, name));
  if (has(OLD_FOLDER)) {
    if (!existsSync(output)) renameSync(join(staging, OLD_FOLDER), output);
    // Otherwise it is done, or somebody has put a folder of their own in the old one's place.
    else return !has(NEW_FOLDER);
  }
  if (has(MOVED_FOLDER)) {
    if (existsSync(join(output, SUCCESS_FILE))) return true;
    const ours = entriesOf(output).filter((name) => OUTPUT_ENTRY.test(name));
    moveAll(ours, output, join(staging, NEW_FOLDER));
    renameSync(join(staging, MOVED_FOLDER), join(staging, MOVING_FOLDER));
  }
  if (has(MOVING_FOLDER)) {
    const moving = join(staging, MOVING_FOLDER);
    moveAll(manifestFirst(entriesOf(moving)).reverse(), moving, output);
    rmdirSync(moving);
  }
  return true;
}

/** Whether there is nothing left to publish of what a staging folder held; to be asked after `putBack`. */
export function isPublished(staging: string): boolean {
  return !existsSync(join(staging, NEW_FOLDER)) || existsSync(join(staging, MOVED_FOLDER));
}

/** Whether a staging folder holds an old output that could not be put back. */
export function holdsOldOutput(staging: string): boolean {
  return [OLD_FOLDER, MOVING_FOLDER, MOVED_FOLDER].some((name) => existsSync(join(staging, name)));
}

function manifestFirst(names: readonly string[]): string[] {
  return [...names].sort((a, b) => Number(b === SUCCESS_FILE) - Number(a === SUCCESS_FILE));
}

function moveAll(names: readonly string[], from: string, to: string): void {
  for (const name of names) renameSync(join(from, name), join(to, name));
}

function gotData(output: string): SheafError {
  return new SheafError(
    "OUTPUT_EXISTS",
    `Cannot put the output in place: ${output} has got data while the job ran. ` +
      "Run the job again with another output folder.",
    { data: { path: output } },
  );
}
