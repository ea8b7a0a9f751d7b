/**
 * Writes a generated file in large blocks. The generator asks for `room`, writes into `block` at
 * `used`, and moves `used` on; memory stays at one block whatever the size of the file.
 */

import { closeSync, openSync, writeSync } from "node:fs";

const BLOCK_BYTES = 4 * 1024 * 1024;

/** See the head of this file. */
export class FileWriter {
  readonly block = Buffer.allocUnsafe(BLOCK_BYTES);
  used = 0;
  readonly #file: number;
  #flushedBytes = 0;

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  /** Bytes written so far. */
  get sizeBytes(): number {
    return this.#flushedBytes + this.used;
  }

  /** Makes sure that `bytes` more fit into the block. */
  room(bytes: number): void {
    if (this.used + bytes > BLOCK_BYTES) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    let offset = 0;
    while (offset < this.used) {
      offset += writeSync(this.#file, this.block, offset, this.used - offset);
    }
    this.#flushedBytes += this.used;
    this.used = 0;
  }
}
