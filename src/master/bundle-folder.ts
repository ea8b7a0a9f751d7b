/**
 * The bundles that clients have brought, as files named by their hashes. What does not match its name
 * is never kept.
 */

import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { SheafError } from "../base/error.ts";
import { bundleHash } from "../bundle/packed-bundle.ts";

/** A bundle that no job needs is kept for so long: it is often wanted again. */
const UNUSED_MS = 24 * 3_600_000;

/** See the head of this file. */
export class BundleFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  has(hash: string): boolean {
    return existsSync(this.#path(hash));
  }

  /** Throws `NOT_FOUND` if it is not here. */
  require(hash: string): void {
    if (this.has(hash)) return;
    throw new SheafError("NOT_FOUND", `There is no bundle ${hash} here: bring it first.`);
  }

  /** Throws `NOT_FOUND`. */
  read(hash: string): Uint8Array {
    this.require(hash);
    return readFileSync(this.#path(hash));
  }

  /** Throws `MESSAGE_INVALID` for bytes of another hash. */
  add(hash: string, bytes: Uint8Array): void {
    const found = bundleHash(bytes);
    if (found !== hash) {
      throw new SheafError("MESSAGE_INVALID", `The bundle has the hash ${found}, not ${hash}.`);
    }
    if (this.has(hash)) return;
    const path = this.#path(hash);
    const fresh = `${path}.${randomBytes(4).toString("hex")}`;
    writeFileSync(fresh, bytes, { mode: 0o600 });
    renameSync(fresh, path);
  }

  /** Removes those that no job needs, unless they have just come. */
  sweep(inUse: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      if (!inUse.has(name) && Date.now() - statSync(path).mtimeMs > UNUSED_MS) rmSync(path);
    }
  }

  #path(hash: string): string {
    return join(this.#folder, hash);
  }
}
