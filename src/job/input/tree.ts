/** Folders as input is found in them, whether they are on a disk or only in the keys of objects. */

/** What lies in a folder: whatever is not a folder counts as a file here, and is checked later. */
export interface TreeEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** Whether a name is left out of input: Hadoop's rule, for markers and unfinished output. */
export function isHidden(name: string): boolean {
  return name.startsWith(".") || name.startsWith("_");
}

/** Folders to be read, on a disk or in a list of keys. Folders are named by their path below the root. */
export interface Tree {
  /** An absolute path, as globs are matched by paths. */
  readonly root: string;
  /** What lies in one folder. */
  read(folder: string): readonly TreeEntry[] | Promise<readonly TreeEntry[]>;
  /** The files in all folders below one of them, unsorted, without hidden names. */
  listFiles(top: string): readonly string[] | Promise<readonly string[]>;
}
