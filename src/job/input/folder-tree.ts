/**
 * Reads the folders below one folder, following links. What always holds: an error is thrown and
 * not skipped, because what it hides would be missing from a result; a link to a folder that the
 * path already passes through is left out, so that a walk ends.
 */

import { readdir, realpath, stat } from "node:fs/promises";
import { SheafError } from "../../base/error.ts";
import { INPUT_FILES_MAX } from "../../base/limits.ts";
import { inParallel } from "./in-parallel.ts";
import { unreadable } from "./input-error.ts";
import { isHidden, type Tree, type TreeEntry } from "./tree.ts";

const PARALLEL_FOLDERS = 16;

/** See the head of this file. Folders are named by their path below the root, "" for itself. */
export class FolderTree implements Tree {
  readonly root: string;
  /** Where each folder seen really is. A folder comes after the one that holds it. */
  readonly #realPaths = new Map<string, string>();
  #entries = 0;

  constructor(root: string) {
    this.root = root;
  }

  /** The files in all folders below one of them, unsorted, without hidden names. */
  async listFiles(top = ""): Promise<string[]> {
    const files: string[] = [];
    for (let folders = [top]; folders.length > 0; ) {
      const listings = await inParallel(folders, PARALLEL_FOLDERS, (folder) => this.read(folder));
      const deeper: string[] = [];
      for (const [index, entries] of listings.entries()) {
        for (const { name, isFolder } of entries) {
          if (!isHidden(name)) (isFolder ? deeper : files).push(joined(folders[index]!, name));
        }
      }
      folders = deeper;
    }
    return files;
  }

  /** What lies in one folder. */
  async read(folder: string): Promise<TreeEntry[]> {
    const path = joined(this.root, folder);
    try {
      const realPath = this.#realPaths.get(folder) ?? (await realpath(path));
      this.#realPaths.set(folder, realPath);
      const entries: TreeEntry[] = [];
      for (const entry of await readdir(path, { withFileTypes: true })) {
        const { name } = entry;
        let isFolder = entry.isDirectory();
        let real = joined(realPath, name);
        if (entry.isSymbolicLink() && (await isLinkToFolder(joined(path, name)))) {
          isFolder = true;
          real = await realpath(joined(path, name));
        }
        if (isFolder && !this.#enter(folder, name, real)) continue;
        entries.push({ name, isFolder });
      }
      this.#count(entries.length);
      return entries;
    } catch (error) {
      throw error instanceof SheafError ? error : unreadable(path, error);
    }
  }

  /** Notes where a folder really is; false if the way to it leads through that place already. */
  #enter(parent: string, name: string, real: string): boolean {
    for (let above = parent; ; above = parentOf(above)) {
      if (this.#realPaths.get(above) === real) return false;
      if (above === "") break;
    }
    this.#realPaths.set(joined(parent, name), real);
    return true;
  }

  #count(entries: number): void {
    this.#entries += entries;
    if (this.#entries <= INPUT_FILES_MAX) return;
    throw new SheafError(
      "USAGE",
      `Cannot read the folder ${this.root}: it holds more than ${INPUT_FILES_MAX} files and ` +
        "folders. Join small files into larger ones, or name fewer folders.",
    );
  }
}

/** A link to nothing counts as a file, which then turns out to be unreadable. */
async function isLinkToFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

function joined(folder: string, name: string): string {
  if (folder === "" || name === "") return folder + name;
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}

function parentOf(folder: string): string {
  const slash = folder.lastIndexOf("/");
  return slash === -1 ? "" : folder.slice(0, slash);
}
