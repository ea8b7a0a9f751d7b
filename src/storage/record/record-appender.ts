/**
 * Appends records to a file: they gather in memory, go out with `flush`, and are durable after
 * `sync`. Each says how far the file was durable when it was made, which is what tells a torn tail
 * from lost data later (replay.ts). A byte of the file is written once.
 */

import type { DiskFile } from "../disk/disk.ts";
import { BUFFER_BYTES_KEPT } from "../limits.ts";
import { encodeRecord, type RecordContent, recordBytes } from "./record.ts";

const INITIAL_BUFFER_BYTES = 64 * 1024;

/** See the head of this file. After a failed call it is of no more use. */
export class RecordAppender {
  readonly file: DiskFile;
  readonly #place: number;
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BUFFER_BYTES);
  #buffered = 0;
  /** Where the buffer goes. */
  #flushedTo: number;
  #durableTo: number;

  /** Goes on at `tail` with a file that is durable up to `durableTo`. */
  constructor(file: DiskFile, place: number, tail: number, durableTo = tail) {
    this.file = file;
    this.#place = place;
    this.#flushedTo = tail;
    this.#durableTo = durableTo;
  }

  /** Where the next record goes. */
  get tail(): number {
    return this.#flushedTo + this.#buffered;
  }

  get durableTo(): number {
    return this.#durableTo;
  }

  /** Bytes written, or waiting to be, that are not durable. */
  get dirtyBytes(): number {
    return this.tail - this.#durableTo;
  }

  /** Takes in a record, and says at which offset it will be. */
  add(content: RecordContent): number {
    const offset = this.tail;
    const bytes = recordBytes(content.payload.length);
    this.#reserve(bytes);
    const where = { place: this.#place, offset, durableTo: this.#durableTo };
    encodeRecord(this.#buffer, this.#buffered, content, where);
    this.#buffered += bytes;
    return offset;
  }

  /** Writes what has gathered. */
  async flush(): Promise<void> {
    if (this.#buffered === 0) return;
    await this.file.write(this.#buffer.subarray(0, this.#buffered), this.#flushedTo);
    this.#flushedTo += this.#buffered;
    this.#buffered = 0;
    if (this.#buffer.length > BUFFER_BYTES_KEPT) {
      this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BUFFER_BYTES);
    }
  }

  /** Makes all that was added durable. */
  async sync(): Promise<void> {
    await this.flush();
    const { tail } = this;
    await this.file.sync();
    this.#durableTo = tail;
  }

  #reserve(bytes: number): void {
    const needed = this.#buffered + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#buffered);
    this.#buffer = grown;
  }
}
