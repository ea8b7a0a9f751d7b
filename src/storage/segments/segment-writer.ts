/**
 * Appends to one segment of the log. A segment is written by the process that made it and by no
 * other: after a restart the log goes on in a new one, whose header says where the old one ends. So no
 * byte that was durable is ever written over.
 *
 * Records gather in memory, and `sync` makes them durable. Each says how far the file was durable
 * when it was made, which is what tells a torn tail from lost data later (log-replay.ts).
 *
 * Zeros are written ahead of the end, a mebibyte at a time, with the fsync of the batch that needs it.
 * An fsync that follows then changes neither the file's size nor its blocks, and spares the file
 * system a journal commit: measured on ext4, a median of 0.15 ms in place of 0.30 ms. To leave a hole
 * instead gained nothing, and to write zeros for a whole segment at once stops everything for as long
 * as that takes. What is left of the zeros goes when the segment ends.
 */

import type { Disk, DiskFile } from "../disk/disk.ts";
import { segmentName } from "../file-names.ts";
import { BUFFER_BYTES_KEPT } from "../limits.ts";
import { encodeRecord, placeOf, type RecordContent, recordBytes } from "../record/record.ts";
import { isNoSpace } from "../storage-error.ts";
import type { SegmentHeader } from "./segment-header.ts";

const INITIAL_BUFFER_BYTES = 64 * 1024;

/** See the head of this file. After a failed call it is of no more use. */
export class SegmentWriter {
  readonly sequence: number;
  readonly #file: DiskFile;
  readonly #place: number;
  readonly #zeros: Buffer;
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BUFFER_BYTES);
  #buffered = 0;
  /** Where the buffer goes; all before it is durable. */
  #durableTo = 0;
  #allocatedTo = 0;

  private constructor(sequence: number, file: DiskFile, place: number, zeros: Buffer) {
    this.sequence = sequence;
    this.#file = file;
    this.#place = place;
    this.#zeros = zeros;
  }

  /** Makes the file, durably, with its name and its header. */
  static async create(
    disk: Disk,
    tag: number,
    header: SegmentHeader,
    preallocationBytes: number,
  ): Promise<SegmentWriter> {
    const name = segmentName(header.sequence);
    const file = await disk.open(name, "create");
    const zeros = Buffer.alloc(preallocationBytes);
    const segment = new SegmentWriter(header.sequence, file, placeOf(name, tag), zeros);
    try {
      const payload = Buffer.from(JSON.stringify(header));
      segment.add({ kind: "segment", index: 0, term: 0, payload });
      await segment.sync();
      await disk.syncFolder();
      return segment;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Where the durable part ends. */
  get durableTo(): number {
    return this.#durableTo;
  }

  /** Takes in a record of the next batch. */
  add(content: RecordContent): void {
    const bytes = recordBytes(content.payload.length);
    this.#reserve(bytes);
    const offset = this.#durableTo + this.#buffered;
    const where = { place: this.#place, offset, durableTo: this.#durableTo };
    encodeRecord(this.#buffer, this.#buffered, content, where);
    this.#buffered += bytes;
  }

  /** Makes the batch durable. */
  async sync(): Promise<void> {
    await this.#file.write(this.#buffer.subarray(0, this.#buffered), this.#durableTo);
    const end = this.#durableTo + this.#buffered;
    await this.#writeZeros(end);
    await this.#file.sync();
    this.#durableTo = end;
    this.#buffered = 0;
    if (this.#buffer.length > BUFFER_BYTES_KEPT) {
      this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BUFFER_BYTES);
    }
  }

  /** Ends the segment where its durable part does, and gives back the room behind that. */
  async close(): Promise<void> {
    try {
      // Not durable, and needs not be: the header of the next segment says where this one ends.
      if (this.#allocatedTo > this.#durableTo) await this.#file.truncate(this.#durableTo);
    } finally {
      await this.#file.close();
    }
  }

  async #writeZeros(from: number): Promise<void> {
    const step = this.#zeros.length;
    if (from <= this.#allocatedTo || step === 0) return;
    const end = Math.ceil(from / step) * step;
    try {
      await this.#file.write(this.#zeros.subarray(0, end - from), from);
      this.#allocatedTo = end;
    } catch (error) {
      // The batch itself has its place, and so may the next have.
      if (!isNoSpace(error)) throw error;
      this.#allocatedTo = from;
    }
  }

  #reserve(bytes: number): void {
    const needed = this.#buffered + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#buffered);
    this.#buffer = grown;
  }
}
