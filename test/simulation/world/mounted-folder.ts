/**
 * The file system that all machines share: files of numbers, and manifests, by their paths. A rename of
 * a file, or of a folder with all that is in it, is one step.
 */

/** What files hold. */
export type Numbers = readonly number[];
export type Content = Numbers | string;

/** See the head of this file. */
export class MountedFolder {
  readonly #files = new Map<string, Content>();
  readonly #folders = new Set<string>();

  makeFolder(path: string): void {
    this.#folders.add(path);
  }

  hasFolder(path: string): boolean {
    return this.#folders.has(path);
  }

  /** False where the folder is not there (any more). */
  write(path: string, content: Content): boolean {
    if (!this.#folders.has(path.slice(0, path.lastIndexOf("/")))) return false;
    this.#files.set(path, content);
    return true;
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  numbersAt(path: string): Numbers | undefined {
    const content = this.#files.get(path);
    return typeof content === "string" ? undefined : content;
  }

  textAt(path: string): string | undefined {
    const content = this.#files.get(path);
    return typeof content === "string" ? content : undefined;
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  /** False if there is no such file. */
  rename(from: string, to: string): boolean {
    const content = this.#files.get(from);
    if (content === undefined) return false;
    this.#files.delete(from);
    this.#files.set(to, content);
    return true;
  }

  /** False, and nothing done, if there is no such folder, or one that has the new name. */
  renameFolder(from: string, to: string): boolean {
    if (!this.#folders.has(from) || this.#folders.has(to)) return false;
    const below = (path: string): boolean => path === from || path.startsWith(`${from}/`);
    for (const path of [...this.#folders].filter(below)) {
      this.#folders.delete(path);
      this.#folders.add(to + path.slice(from.length));
    }
    for (const [path, content] of [...this.#files]) {
      if (!below(path)) continue;
      this.#files.delete(path);
      this.#files.set(to + path.slice(from.length), content);
    }
    return true;
  }

  removeFolder(folder: string): void {
    const below = (path: string): boolean => path === folder || path.startsWith(`${folder}/`);
    for (const path of [...this.#folders]) if (below(path)) this.#folders.delete(path);
    for (const path of [...this.#files.keys()]) if (below(path)) this.#files.delete(path);
  }

  /** The names of files right in a folder, sorted. */
  namesIn(folder: string): string[] {
    return [...this.#files.keys()]
      .filter((path) => path.startsWith(`${folder}/`) && path.lastIndexOf("/") === folder.length)
      .map((path) => path.slice(folder.length + 1))
      .sort();
  }
}
