/**
 * The bundles that clients have brought, as files named by their hashes. One that was taken in is
 * durable: the log may have a job that needs it by then. What does not match its name is never kept,
 * and a file that has rotted is none: another master, or the client, brings it again.
 */

import { messageOf, SheafError } from "../base/error.ts";
import { bundleHash } from "../bundle/packed-bundle.ts";
import { type Disk, removeFiles, replaceFile } from "../storage/disk/disk.ts";
import { FolderDisk } from "../storage/disk/folder-disk.ts";
import { isNoSpace } from "../storage/storage-error.ts";

const PREFIX = "bundle-";
/** Nobody else may read what users run. */
const FOLDER_MODE = 0o700;

/** A bundle that no job needs is kept for so long: it is often wanted again. */
const UNUSED_MS = 24 * 3_600_000;

/** See the head of this file. */
export class BundleFolder {
  readonly #disk: Disk;
  /** By hash. */
  readonly #here: Set<string>;
  readonly #coming = new Map<string, Promise<void>>();
  /** Since when no job has needed them, as far as this process knows. */
  readonly #unusedMs = new Map<string, number>();

  private constructor(disk: Disk, names: readonly string[]) {
    this.#disk = disk;
    const hashOf = (name: string) => (/^bundle-([0-9a-f]{64})$/.exec(name) ?? [])[1];
    this.#here = new Set(names.map(hashOf).filter((hash) => hash !== undefined));
  }

  /** @throws SheafError `DATA_FAILED`, `NO_SPACE`. */
  static async make(path: string): Promise<BundleFolder> {
    return await BundleFolder.open(await FolderDisk.make(path, FOLDER_MODE));
  }

  static async open(disk: Disk): Promise<BundleFolder> {
    return new BundleFolder(disk, await attempt(disk, "list bundles", () => disk.list()));
  }

  has(hash: string): boolean {
    return this.#here.has(hash);
  }

  /** Throws `NOT_FOUND` if it is not here. */
  require(hash: string): void {
    if (!this.has(hash)) throw isNotHere(hash);
  }

  /** Throws `NOT_FOUND`, also for a file that cannot be read, or is not as it was written. */
  async read(hash: string): Promise<Uint8Array> {
    this.require(hash);
    const bytes = await this.#bytesOf(hash).catch(() => new Uint8Array(0));
    if (bundleHash(bytes) === hash) return bytes;
    await this.#remove(hash);
    throw isNotHere(hash);
  }

  /** Resolves when it is durable. Throws `MESSAGE_INVALID` for bytes of another hash, `NO_SPACE`, ... */
  async add(hash: string, bytes: Uint8Array): Promise<void> {
    const found = bundleHash(bytes);
    if (found !== hash) {
      throw new SheafError("MESSAGE_INVALID", `The bundle has the hash ${found}, not ${hash}.`);
    }
    if (this.has(hash)) return;
    const known = this.#coming.get(hash);
    if (known !== undefined) return await known;
    const write = attempt(this.#disk, "keep a bundle", () =>
      replaceFile(this.#disk, PREFIX + hash, (file) => file.write(bytes, 0)),
    );
    this.#coming.set(hash, write);
    await write.finally(() => this.#coming.delete(hash));
    this.#here.add(hash);
  }

  /** Removes those that no job needs, unless they were needed not long ago. */
  async sweep(inUse: ReadonlySet<string>, nowMs: number): Promise<void> {
    for (const hash of [...this.#here]) {
      const sinceMs = this.#unusedMs.get(hash) ?? nowMs;
      if (inUse.has(hash)) this.#unusedMs.delete(hash);
      else if (nowMs - sinceMs <= UNUSED_MS) this.#unusedMs.set(hash, sinceMs);
      else await this.#remove(hash);
    }
  }

  async #bytesOf(hash: string): Promise<Uint8Array> {
    const file = await this.#disk.open(PREFIX + hash, "read");
    try {
      const bytes = new Uint8Array(await file.size());
      return bytes.subarray(0, await file.read(bytes, 0));
    } finally {
      await file.close();
    }
  }

  async #remove(hash: string): Promise<void> {
    this.#here.delete(hash);
    this.#unusedMs.delete(hash);
    await attempt(this.#disk, "remove a bundle", () => removeFiles(this.#disk, [PREFIX + hash]));
  }
}

function isNotHere(hash: string): SheafError {
  return new SheafError("NOT_FOUND", `There is no bundle ${hash} here: bring it first.`);
}

async function attempt<T>({ path }: Disk, action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const code = isNoSpace(cause) ? "NO_SPACE" : "DATA_FAILED";
    const words = `Cannot ${action} in ${path}: ${messageOf(cause)}. Look at the disk of that master.`;
    throw new SheafError(code, words, { data: { path }, cause });
  }
}
