/**
 * Whether a job's output lies where its input is looked for: the next run would then read what this
 * one has written. Found out before the first task runs. A part is looked for as the input's own
 * patterns look for files, in a folder that holds nothing else.
 */

import { realpathSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { SheafError } from "../base/error.ts";
import { isGlob, matchGlob, splitGlob } from "../job/input/match-glob.ts";
import { isHidden, type TreeEntry } from "../job/input/tree.ts";
import { canonicalPath } from "./output-check.ts";

/** What is asked about an output and an input. */
export interface InputQuestion {
  /** The output folder, as the user wrote it. */
  readonly output: string;
  /** The name of a part in it. */
  readonly partName: string;
  /** What the user named as input. */
  readonly patterns: readonly string[];
  readonly cwd: string;
}

/** @throws SheafError `USAGE` when a pattern would take in the output. */
export async function refuseOutputInInput(question: InputQuestion): Promise<void> {
  const { output, partName, patterns, cwd } = question;
  const part = resolve(canonicalPath(resolve(cwd, output)), partName);
  for (const pattern of patterns) {
    if (!(await takesIn(pattern, part, cwd))) continue;
    throw new SheafError(
      "USAGE",
      `Cannot write to ${output}: the input "${pattern}" takes it in, so that the next run would ` +
        "read what this one has written. Choose an output folder elsewhere, or one whose name " +
        'begins with "_", which input leaves out.',
    );
  }
}

/** Whether a pattern would find the part, were it there. */
async function takesIn(pattern: string, part: string, cwd: string): Promise<boolean> {
  const named = folderAt(resolve(cwd, pattern));
  if (named !== undefined) {
    const tree = PartTree.below(named, part);
    return tree !== undefined && tree.listFiles("").length > 0;
  }
  if (!isGlob(pattern)) return false;
  const { folder, rest } = splitGlob(pattern);
  const root = folderAt(resolve(cwd, folder));
  const tree = root === undefined ? undefined : PartTree.below(root, part);
  return tree !== undefined && (await matchGlob(tree, rest)).length > 0;
}

/** The folder at a path, without links; undefined if there is none. */
function folderAt(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? realpathSync(path) : undefined;
  } catch {
    // No folder, or a glob that no file could be called. What cannot be read has been refused.
    return undefined;
  }
}

/** A folder with one file, some folders down, and nothing else. */
class PartTree {
  readonly root: string;
  /** The names on the way from the root to the file. */
  readonly #names: readonly string[];

  private constructor(root: string, names: readonly string[]) {
    this.root = root;
    this.#names = names;
  }

  /** Undefined if the file is not below the folder, in a folder of its own. */
  static below(root: string, file: string): PartTree | undefined {
    const names = relative(root, file).split("/");
    return names[0] === ".." || names.length < 2 ? undefined : new PartTree(root, names);
  }

  read(folder: string): TreeEntry[] {
    const depth = folder === "" ? 0 : folder.split("/").length;
    const isOnTheWay = this.#names.slice(0, depth).join("/") === folder;
    const name = this.#names[depth];
    if (!isOnTheWay || name === undefined) return [];
    return [{ name, isFolder: depth < this.#names.length - 1 }];
  }

  listFiles(top: string): string[] {
    const file = this.#names.join("/");
    const rest = top === "" ? file : file.slice(top.length + 1);
    return rest.split("/").some(isHidden) ? [] : [file];
  }
}
