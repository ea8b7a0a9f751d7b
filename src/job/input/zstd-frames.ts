/**
 * Finds where the frames of a zstd file end, without decompressing it (RFC 8878, section 3.1). Node
 * before 26 drops what follows a frame within one write, and before 24 takes a cut file for whole;
 * so the decompressor is fed frame by frame, and the end of the file is judged here.
 */

/** What the next bytes of the file are. */
type Place =
  | "magic"
  | "skippable size"
  | "skippable data"
  | "descriptor"
  | "header"
  | "block header"
  | "block data"
  | "checksum";

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];

/** A walk over the frames of one file, in pieces of any size. */
export class ZstdFrames {
  /** True before a frame and after it; false within one. */
  atFrameEnd = true;
  /** Whole frames seen, skippable ones included. */
  count = 0;
  #place: Place = "magic";
  /** Bytes of the current place still to come. */
  #left = 4;
  /** The little-endian number that the bytes of the current place make. */
  #number = 0;
  #digit = 1;
  #hasChecksum = false;
  #lastBlock = false;

  /**
   * Walks over bytes[start, end) up to the end of a frame and says where it is (`end` if the frame
   * goes on); -1 where the bytes are not zstd.
   */
  advance(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      if (this.#place === "skippable data" || this.#place === "block data") {
        const step = Math.min(this.#left, end - at);
        this.#left -= step;
        at += step;
      } else {
        this.#number += bytes[at]! * this.#digit;
        this.#digit *= 256;
        this.#left--;
        at++;
      }
      this.atFrameEnd = false;
      while (this.#left === 0) {
        if (!this.#enterNext()) return -1;
        if (this.atFrameEnd) return at;
      }
    }
    return at;
  }

  /** The current place is complete: decides what follows it. False where that cannot be zstd. */
  #enterNext(): boolean {
    const number = this.#number;
    switch (this.#place) {
      case "magic":
        if (number === MAGIC) return this.#enter("descriptor", 1);
        if (number - (number % 16) === SKIPPABLE_MAGIC) return this.#enter("skippable size", 4);
        return false;
      case "skippable size":
        return this.#enter("skippable data", number);
      case "descriptor":
        return this.#enterHeader(number);
      case "header":
        return this.#enter("block header", 3);
      case "block header": {
        const type = (number >> 1) & 3;
        this.#lastBlock = (number & 1) === 1;
        // A block of type 1 is one byte, to be repeated; type 3 is reserved.
        return type !== 3 && this.#enter("block data", type === 1 ? 1 : number >>> 3);
      }
      case "block data":
        if (!this.#lastBlock) return this.#enter("block header", 3);
        return this.#hasChecksum ? this.#enter("checksum", 4) : this.#endFrame();
      case "skippable data":
      case "checksum":
        return this.#endFrame();
    }
  }

  #enterHeader(descriptor: number): boolean {
    const singleSegment = (descriptor & 0x20) !== 0;
    const sizeFlag = descriptor >> 6;
    this.#hasChecksum = (descriptor & 0x04) !== 0;
    const contentSizeBytes = sizeFlag === 0 && singleSegment ? 1 : CONTENT_SIZE_BYTES[sizeFlag]!;
    const windowBytes = singleSegment ? 0 : 1;
    const dictionaryBytes = DICTIONARY_ID_BYTES[descriptor & 3]!;
    return this.#enter("header", windowBytes + dictionaryBytes + contentSizeBytes);
  }

  #enter(place: Place, bytes: number): true {
    this.#place = place;
    this.#left = bytes;
    this.#number = 0;
    this.#digit = 1;
    return true;
  }

  #endFrame(): true {
    this.count++;
    this.atFrameEnd = true;
    return this.#enter("magic", 4);
  }
}
