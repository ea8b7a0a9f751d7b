/**
 * Whether a job's output lies where its input is looked for: the next run would then read what this
 * one has written. Found out before the first task runs. A part is looked for as the input's own
 * patterns look for files, in a folder that holds nothing else.
 */

import { realpathSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { SheafError } from "../base/error.ts";
import { KeyTree } from "../job/input/key-tree.ts";
import { isGlob, matchGlob, splitGlob } from "../job/input/match-glob.ts";
import { isHidden, type TreeEntry } from "../job/input/tree.ts";
import { isS3Url, parseS3Url } from "../s3/s3-url.ts";
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
  const takesIn = isS3Url(output) ? inputOnS3(output, partName) : inputHere(output, partName, cwd);
  for (const pattern of patterns) {
    if (!(await takesIn(pattern))) continue;
    throw new SheafError(
      "USAGE",
      `Cannot write to ${output}: the input "${pattern}" takes it in, so that the next run would ` +
        "read what this one has written. Choose an output folder elsewhere, or one whose name " +
        'begins with "_", which input leaves out.',
    );
  }
}

/** Whether a pattern would find a part of the output, were it there. */
type TakesIn = (pattern: string) => Promise<boolean>;

function inputOnS3(output: string, partName: string): TakesIn {
  const { bucket, key } = parseS3Url(`${output.replace(/\/+$/, "")}/${partName}`);
  return async (pattern) => {
    const input = isS3Url(pattern) ? parseS3Url(pattern) : undefined;
    if (input?.bucket !== bucket) return false;
    const { folder, rest } = isGlob(input.key)
      ? splitGlob(input.key)
      : { folder: input.key.replace(/\/?$/, "/"), rest: undefined };
    const root = folder === "." || folder === "/" ? "" : folder;
    const name = key.slice(root.length);
    if (!key.startsWith(root) || !name.includes("/")) return false;
    const tree = new KeyTree([name]);
    const found = await (rest === undefined ? tree.listFiles("") : matchGlob(tree, rest));
    return found.length > 0;
  };
}

function inputHere(output: string, partName: string, cwd: string): TakesIn {
  const part = resolve(canonicalPath(resolve(cwd, output)), partName);
  return async (pattern) => !isS3Url(pattern) && (await takesInFile(pattern, part, cwd));
}

async function takesInFile(pattern: string, part: string, cwd: string): Promise<boolean> {
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
