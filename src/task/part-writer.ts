/**
 * Writes one part file for one reduce attempt: a formatter appends records to `writer`, and large
 * blocks go to the file with synchronous writes, checksummed on the way. The file has a private
 * name; only the committer gives it its own.
 *
 * What always holds: the same records give the same bytes, compressed or not, because blocks end at
 * records and nothing of the time or the machine goes into a file.
 */

import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { crc32, gzipSync } from "node:zlib";
import { assert } from "../base/assert.ts";
import { ByteWriter } from "../base/bytes.ts";
import type { Part } from "../job/report.ts";
import { outputError } from "./output-error.ts";

/** A block goes to the file when it holds so much. Measured: 64 KiB to 4 MiB are equally fast. */
const BLOCK_BYTES = 512 * 1024;
/** A block that becomes a gzip member: its 20 bytes of frame are lost in it. */
const GZIP_BLOCK_BYTES = 1024 * 1024;
/** A buffer that one huge record left behind is given back. */
const BUFFER_BYTES_KEPT_MAX = 4 * GZIP_BLOCK_BYTES;

/** What the writer knows of a finished part. */
export type PartFile = Pick<Part, "bytes" | "crc32">;

/** See the head of this file. It ends in `finish` or `discard`. */
export class PartWriter {
  /** Where the formatter appends. Its `position` falls back to 0 when a block is written. */
  readonly writer: ByteWriter;
  readonly #path: string;
  readonly #compressed: boolean;
  readonly #blockBytes: number;
  #file: number | undefined;
  #bytes = 0;
  #crc = 0;

  /**
   * Makes the file, or empties one that has this private name.
   *
   * @throws SheafError `OUTPUT_FAILED` or `NO_SPACE`, as every method but `discard` does.
   */
  constructor(path: string, compression: "none" | "gzip") {
    this.#path = path;
    this.#compressed = compression === "gzip";
    this.#blockBytes = this.#compressed ? GZIP_BLOCK_BYTES : BLOCK_BYTES;
    this.writer = new ByteWriter(initialBytes(this.#blockBytes));
    this.#file = this.#attempt(() => openSync(this.#path, "w"));
  }

  /** Writes the block when it is large. Call it after each record. */
  flushIfLarge(): void {
    if (this.writer.position >= this.#blockBytes) this.#flush();
  }

  /** Writes the rest and closes the file. `bytes` and `crc32` are those of the file. */
  finish(): PartFile {
    if (this.writer.position > 0) this.#flush();
    // An empty file is no gzip file; an empty member is.
    if (this.#compressed && this.#bytes === 0) this.#write(gzipMember(this.writer.written()));
    this.#attempt(() => this.#close());
    return { bytes: this.#bytes, crc32: this.#crc.toString(16).padStart(8, "0") };
  }

  /** Closes and removes the file. It never throws, because it is called when something else did. */
  discard(): void {
    try {
      this.#close();
    } catch {
      // The file is removed all the same.
    }
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // It goes with the staging folder.
    }
  }

  #flush(): void {
    const block = this.writer.written();
    this.#write(this.#compressed ? gzipMember(block) : block);
    this.writer.position = 0;
    if (this.writer.bytes.length > BUFFER_BYTES_KEPT_MAX) {
      this.writer.bytes = Buffer.allocUnsafeSlow(initialBytes(this.#blockBytes));
    }
  }

  #write(block: Uint8Array): void {
    const file = this.#file;
    assert(file !== undefined, "a part is written only while it is open");
    this.#attempt(() => {
      for (let start = 0; start < block.length; ) {
        const count = writeSync(file, block, start, block.length - start);
        if (count === 0) throw new Error("the system wrote nothing");
        start += count;
      }
    });
    this.#crc = crc32(block, this.#crc);
    this.#bytes += block.length;
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) closeSync(file);
  }

  #attempt<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw outputError("write", this.#path, error);
    }
  }
}

/** Room for a block and the record that completes it, as long as that is not a large one. */
function initialBytes(blockBytes: number): number {
  return blockBytes + blockBytes / 4;
}

const OS_UNKNOWN = 255;
/** Measured on text: 97 MB/s at 0.32 of the size; the usual 6 gives 54 MB/s at 0.31. */
const GZIP_LEVEL = 4;

/**
 * One member of a gzip file; members in a row are a gzip file too (RFC 1952, section 2.2). Node
 * writes no time into its header; the operating system, which it does write, is blanked.
 */
function gzipMember(block: Uint8Array): Buffer {
  const member = gzipSync(block, { level: GZIP_LEVEL });
  member[9] = OS_UNKNOWN;
  return member;
}
