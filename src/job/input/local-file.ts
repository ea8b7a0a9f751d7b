/**
 * Files of this machine as byte sources. Reads are synchronous, because a slot has nothing else to
 * do meanwhile and a promise for each block costs more than the block.
 */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { systemCodeOf } from "../../base/error.ts";
import type { ByteSource } from "./byte-source.ts";
import type { InputFile } from "./input.ts";
import { changed, unreadable, vanished } from "./input-error.ts";

/** The bytes of a file as it is stored, from `start` on. */
export class LocalFile implements ByteSource {
  position: number;
  readonly #file: InputFile;
  #descriptor: number;

  constructor(file: InputFile, start: number) {
    this.#file = file;
    this.position = start;
    try {
      this.#descriptor = openSync(file.path, "r");
    } catch (error) {
      throw systemCodeOf(error) === "ENOENT" ? vanished(file) : unreadable(file.path, error);
    }
    try {
      this.verify();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  read(target: Buffer, start: number, end: number): number {
    const wanted = Math.min(end - start, this.#file.sizeBytes - this.position);
    if (wanted <= 0 || this.#descriptor < 0) return 0;
    let count: number;
    try {
      count = readSync(this.#descriptor, target, start, wanted, this.position);
    } catch (error) {
      throw unreadable(this.#file.path, error);
    }
    // It had its planned size when it was opened, so it has been cut since; perhaps to even less.
    if (count === 0) throw changed(this.#file, fstatSync(this.#descriptor).size);
    this.position += count;
    return count;
  }

  verify(): void {
    const { size, mtimeMs } = fstatSync(this.#descriptor);
    if (size !== this.#file.sizeBytes || mtimeMs !== this.#file.modifiedMs) {
      throw changed(this.#file, size);
    }
  }

  close(): void {
    if (this.#descriptor < 0) return;
    closeSync(this.#descriptor);
    this.#descriptor = -1;
  }
}
