/**
 * Globs, matched by tinyglobby over folders that are read here: on its own it skips what it cannot
 * read and some links, and what it skips would be missing from a job's result.
 */

import type { GlobOptions } from "tinyglobby";
import { isHidden, type Tree, type TreeEntry } from "./tree.ts";

/** The first character with a meaning of its own; a parenthesis has one only behind some others. */
const MAGIC = /(?<!\\)(?:[*?[{]|[!+@]\()/;
/** A part that begins with "." or "_" as written, so that hidden names are wanted. */
const HIDDEN_PART = /(?:^|[/{,(|])[._]/;

/** Whether a pattern has to be matched, where no file has just that name. */
export function isGlob(pattern: string): boolean {
  return MAGIC.test(pattern);
}

/** Splits a glob into the folder that it names outright and what has to be matched below it. */
export function splitGlob(pattern: string): { folder: string; rest: string } {
  const magicAt = MAGIC.exec(pattern)?.index ?? pattern.length;
  const slash = pattern.lastIndexOf("/", magicAt);
  const folder = pattern.slice(0, slash + 1).replace(/\\(.)/g, "$1");
  return { folder: folder === "" ? "." : folder, rest: pattern.slice(slash + 1) };
}

/** What every match of a glob begins with. */
export function literalStart(pattern: string): string {
  const magicAt = MAGIC.exec(pattern)?.index ?? pattern.length;
  return pattern.slice(0, magicAt).replace(/\\(.)/g, "$1");
}

/**
 * The names below the tree's root of the files that match, unsorted. Names that begin with "." or
 * "_" match only where the glob has such a part. A folder that matches is read whole, except by a
 * glob with "**", which goes down by itself.
 */
export async function matchGlob(tree: Tree, glob: string): Promise<string[]> {
  const wantsHidden = HIDDEN_PART.test(glob);
  const goesDown = glob.includes("**");
  const matched = await match(tree, glob, wantsHidden, !goesDown);
  const names = new Set<string>();
  for (const name of matched) {
    const inside = name.endsWith("/") ? await tree.listFiles(name.slice(0, -1)) : [name];
    for (const file of inside) names.add(file);
  }
  return [...names];
}

/** What matches; folders end with a slash. */
async function match(
  tree: Tree,
  glob: string,
  wantsHidden: boolean,
  withFolders: boolean,
): Promise<string[]> {
  let failure: unknown;
  const stop = new AbortController();
  const readFolder = async (path: string): Promise<Listed[]> => {
    const folder = path.slice(tree.root.length).replace(/^\/|\/$/g, "");
    const entries = await tree.read(folder);
    return entries
      .filter(({ name }) => wantsHidden || !isHidden(name))
      .map((entry) => new Listed(entry));
  };
  const readdir = (
    path: string,
    _options: unknown,
    done: (error: null, found: Listed[]) => void,
  ) => {
    readFolder(path).then(
      (found) => done(null, found),
      (error: unknown) => {
        failure ??= error;
        stop.abort();
        done(null, []);
      },
    );
  };
  const { glob: run } = await import("tinyglobby");
  const found = await run(glob.startsWith("!") && !glob.startsWith("!(") ? `\\${glob}` : glob, {
    cwd: tree.root,
    dot: true,
    expandDirectories: false,
    followSymbolicLinks: false,
    onlyFiles: !withFolders,
    signal: stop.signal,
    fs: { readdir } as unknown as NonNullable<GlobOptions["fs"]>,
  });
  if (failure !== undefined) throw failure;
  return found.filter((name) => name !== "." && name !== "");
}

/** An entry as tinyglobby asks about it; links have been followed. */
class Listed {
  readonly name: string;
  readonly #isFolder: boolean;

  constructor({ name, isFolder }: TreeEntry) {
    this.name = name;
    this.#isFolder = isFolder;
  }

  isFile(): boolean {
    return !this.#isFolder;
  }

  isDirectory(): boolean {
    return this.#isFolder;
  }

  isSymbolicLink(): boolean {
    return false;
  }
}
