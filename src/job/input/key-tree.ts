/**
 * The keys of objects as a tree of folders, so that a glob means the same on S3 as on a disk.
 */

import { isHidden, type Tree, type TreeEntry } from "./tree.ts";

/** See the head of this file. It is made of the names of files below one folder. */
export class KeyTree implements Tree {
  readonly root = "/";
  /** What is in each folder. An object may have the name of a folder, and is there beside it. */
  readonly #folders = new Map<string, TreeEntry[]>([["", []]]);

  constructor(names: Iterable<string>) {
    for (const name of names) this.#add(name, false);
  }

  async read(folder: string): Promise<TreeEntry[]> {
    return this.#folders.get(folder) ?? [];
  }

  async listFiles(top: string): Promise<string[]> {
    const files: string[] = [];
    const folders = [top];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const { name, isFolder } of await this.read(folder)) {
        if (isHidden(name)) continue;
        (isFolder ? folders : files).push(folder === "" ? name : `${folder}/${name}`);
      }
    }
    return files;
  }

  #add(path: string, isFolder: boolean): void {
    const slash = path.lastIndexOf("/");
    const parent = slash === -1 ? "" : path.slice(0, slash);
    const name = path.slice(slash + 1);
    let entries = this.#folders.get(parent);
    if (entries === undefined) {
      entries = [];
      this.#folders.set(parent, entries);
      this.#add(parent, true);
    }
    entries.push({ name, isFolder });
  }
}
