/**
 * Where an attempt keeps what it has fetched: one file for all of its regions, however many there are.
 * Lengths are known beforehand, so each region has its place in it and several arrive at once.
 */

import { type FileHandle, open, rm } from "node:fs/promises";
import { runWriteError } from "../../shuffle/run-error.ts";

/** See the head of this file. The file is made with the first byte. */
export class RegionFile {
  readonly path: string;
  #end = 0;
  #opening: Promise<FileHandle> | undefined;
  #isClosed = false;

  constructor(path: string) {
    this.path = path;
  }

  /** Sets room aside; gives its offset. */
  reserve(lengthBytes: number): number {
    const offset = this.#end;
    this.#end += lengthBytes;
    return offset;
  }

  /** Throws `NO_SPACE` or `OUTPUT_FAILED`. */
  async write(data: Uint8Array, position: number): Promise<void> {
    // A fetch that is called off may have a last piece.
    if (this.#isClosed) return;
    try {
      this.#opening ??= open(this.path, "w");
      const file = await this.#opening;
      for (let done = 0; done < data.length; ) {
        const { bytesWritten } = await file.write(data, done, data.length - done, position + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw runWriteError(this.path, error);
    }
  }

  /** Takes nothing any more, and is gone. */
  async remove(): Promise<void> {
    this.#isClosed = true;
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening === undefined) return;
    await (await opening.catch(() => undefined))?.close();
    await rm(this.path, { force: true }).catch(() => {});
  }
}
