/**
 * Verifies a region while it arrives, in whatever pieces: walks its blocks (`shuffle/run-format.ts`),
 * and compares each with its checksum. So what lies on the disk has been verified, and the copy that
 * is damaged is found while there is still somebody to blame for it.
 */

import { crc32 } from "node:zlib";
import { BLOCK_HEADER_BYTES } from "../../shuffle/run-format.ts";

/** See the head of this file. */
export class BlockCheck {
  readonly #blockBytesMax: number;
  readonly #header = Buffer.alloc(BLOCK_HEADER_BYTES);
  #headerBytes = 0;
  #payloadLeft = 0;
  #crc = 0;
  /** Bytes taken so far. */
  #offset = 0;

  /** A block with more bytes, header included, would not fit the memory that is set aside for it. */
  constructor(blockBytesMax: number) {
    this.#blockBytesMax = blockBytesMax;
  }

  /** Takes the next piece; says what is wrong with the bytes so far, if anything is. */
  add(piece: Uint8Array): string | undefined {
    for (let at = 0; at < piece.length; ) {
      if (this.#payloadLeft === 0) {
        at = this.#addHeader(piece, at);
        if (this.#headerBytes < BLOCK_HEADER_BYTES) break;
        this.#payloadLeft = this.#header.readUInt32LE(0);
        this.#crc = 0;
        if (!this.#mayBeLength(this.#payloadLeft)) {
          const place = `begins before byte ${this.#offset + at}`;
          return `a block of impossible length (${this.#payloadLeft}) ${place}`;
        }
      }
      const end = Math.min(piece.length, at + this.#payloadLeft);
      this.#crc = crc32(piece.subarray(at, end), this.#crc);
      this.#payloadLeft -= end - at;
      at = end;
      if (this.#payloadLeft > 0) break;
      this.#headerBytes = 0;
      if (this.#crc !== this.#header.readUInt32LE(4)) {
        return `the block that ends at byte ${this.#offset + at} does not match its checksum`;
      }
    }
    this.#offset += piece.length;
    return undefined;
  }

  /** Whether the bytes so far end with a block. */
  get isWhole(): boolean {
    return this.#payloadLeft === 0 && this.#headerBytes === 0;
  }

  #addHeader(piece: Uint8Array, at: number): number {
    const end = Math.min(piece.length, at + BLOCK_HEADER_BYTES - this.#headerBytes);
    this.#header.set(piece.subarray(at, end), this.#headerBytes);
    this.#headerBytes += end - at;
    return end;
  }

  #mayBeLength(bytes: number): boolean {
    return bytes > 0 && bytes + BLOCK_HEADER_BYTES <= this.#blockBytesMax;
  }
}
