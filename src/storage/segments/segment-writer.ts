/**
 * Appends to one segment of the log. A segment is written by the process that made it and by no other:
 * after a restart, or after a write that found no room, the log goes on in a new segment, whose header
 * says where the old one ends. So no byte is ever written over, and what a failed write may have left
 * at an end is void from then on.
 *
 * Zeros are written ahead of the end, a mebibyte at a time, with the fsync of the batch that needs it.
 * An fsync that follows then changes neither the file's size nor its blocks, and spares the file
 * system a journal commit: measured on ext4, a median of 0.15 ms in place of 0.30 ms. To leave a hole
 * instead gained nothing, and to write zeros for the whole segment at once stops everything for as
 * long as 64 MiB take. What is left of the zeros goes when the segment ends.
 */

import type { Disk } from "../disk/disk.ts";
import { segmentName } from "../file-names.ts";
import { type Identity, identityTag } from "../identity.ts";
import { PREAMBLE_BYTES, type SegmentHeader, writeFileHeader } from "../record/file-header.ts";
import { placeOf, type RecordContent } from "../record/record.ts";
import { RecordAppender } from "../record/record-appender.ts";
import { isNoSpace } from "../storage-error.ts";

export class SegmentWriter {
  readonly sequence: number;
  readonly #appender: RecordAppender;
  readonly #zeros: Buffer;
  #allocatedTo = 0;

  private constructor(sequence: number, appender: RecordAppender, preallocationBytes: number) {
    this.sequence = sequence;
    this.#appender = appender;
    this.#zeros = Buffer.alloc(preallocationBytes);
  }

  /** Makes the file, durably, with its name and its header. */
  static async create(
    disk: Disk,
    identity: Identity,
    header: SegmentHeader,
    preallocationBytes: number,
  ): Promise<SegmentWriter> {
    const name = segmentName(header.sequence);
    const file = await disk.open(name, "create");
    try {
      const place = placeOf(name, identityTag(identity));
      const appender = new RecordAppender(file, place, PREAMBLE_BYTES, 0);
      await writeFileHeader(file, appender, "segment", identity, header);
      await appender.sync();
      await disk.syncFolder();
      return new SegmentWriter(header.sequence, appender, preallocationBytes);
    } catch (error) {
      await file.close();
      // Whatever of it is on the disk holds no record, and is known by that.
      if (isNoSpace(error)) await disk.unlink(name);
      throw error;
    }
  }

  /** Where the next record goes. */
  get tail(): number {
    return this.#appender.tail;
  }

  /** Where the durable part ends. */
  get durableTo(): number {
    return this.#appender.durableTo;
  }

  /** Takes in a record of the next batch; says at which offset it will be. */
  add(content: RecordContent): number {
    return this.#appender.add(content);
  }

  /** Makes the batch durable. */
  async sync(): Promise<void> {
    await this.#appender.flush();
    await this.#writeZeros();
    await this.#appender.sync();
  }

  /** Ends the segment where its durable part does, and gives back the room behind that. */
  async close(): Promise<void> {
    try {
      // Not durable, and needs not be: the header of the next segment says where this one ends.
      if (this.#allocatedTo > this.durableTo) await this.#appender.file.truncate(this.durableTo);
    } finally {
      await this.#appender.file.close();
    }
  }

  async #writeZeros(): Promise<void> {
    const { tail } = this;
    const step = this.#zeros.length;
    if (tail <= this.#allocatedTo || step === 0) return;
    const end = Math.ceil(tail / step) * step;
    this.#allocatedTo = end;
    try {
      await this.#appender.file.write(this.#zeros.subarray(0, end - tail), tail);
    } catch (error) {
      // The batch itself has its place, and so may the next have.
      if (!isNoSpace(error)) throw error;
      this.#allocatedTo = tail;
    }
  }
}
