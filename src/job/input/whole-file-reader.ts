/**
 * Reads the files of a split one by one, each as a whole and as one record.
 */

import { isAscii, isUtf8 } from "node:buffer";
import { BlockReader } from "./block-reader.ts";
import type { Reading } from "./byte-source.ts";
import { decodeUtf8, excerptOf, invalidUtf8At } from "./decode-text.ts";
import type { InputFile, RecordReader, Split } from "./input.ts";
import { recordInvalid, recordTooLarge } from "./input-error.ts";
import { MovingPosition } from "./moving-position.ts";

/** Makes a value of a file's bytes, which are only lent to it. */
export interface FileDecoder<V> {
  readonly empty: V;
  /** Throws `RECORD_INVALID`. */
  decode(file: InputFile, bytes: Buffer): V;
  excerpt(bytes: Buffer): string;
}

/** See the head of this file. */
export class WholeFileReader<V> implements RecordReader<string, V> {
  key = "";
  value: V;
  readonly position = new MovingPosition();
  /** A file is at hand that `next` has not yet given out. */
  #isReady = false;
  #content: Buffer = Buffer.alloc(0);
  #tooLarge = false;
  #file: InputFile | undefined;
  readonly #bytes: BlockReader;
  readonly #decoder: FileDecoder<V>;
  readonly #fileBytesMax: number;
  readonly #blockBytes: number;

  constructor(split: Split, decoder: FileDecoder<V>, fileBytesMax: number, reading: Reading) {
    this.value = decoder.empty;
    this.#decoder = decoder;
    this.#fileBytesMax = fileBytesMax;
    this.#blockBytes = reading.blockBytes;
    // One byte more than the largest file tells that a file is larger.
    const bufferBytesMax = Math.max(reading.blockBytes, fileBytesMax + 1);
    this.#bytes = new BlockReader(split, reading, reading.blockBytes, bufferBytesMax);
  }

  get bytesRead(): number {
    return this.#bytes.bytesRead;
  }

  next(): boolean {
    if (!this.#isReady) return false;
    this.#isReady = false;
    const file = this.#file!;
    this.key = file.name;
    this.value = this.#decoder.empty;
    if (this.#tooLarge) {
      const option = "files({ fileBytesMax })";
      throw recordTooLarge(file, "file", 0, this.#fileBytesMax, option);
    }
    this.value = this.#decoder.decode(file, this.#content);
    return true;
  }

  fill(): boolean | Promise<boolean> {
    this.#isReady = false;
    const segment = this.#bytes.nextSegment();
    if (segment === undefined) return false;
    const { file } = segment;
    // What is known to be too large is only begun, for the message.
    this.#tooLarge = file.compression === "none" && file.sizeBytes > this.#fileBytesMax;
    const isKnown = file.compression === "none" && !this.#tooLarge;
    this.#bytes.openNext(
      0,
      isKnown ? Math.max(this.#blockBytes, file.sizeBytes) : this.#blockBytes,
    );
    this.#file = file;
    this.position.moveToBlock(file, 0);
    return this.#readFile();
  }

  excerpt(charsMax: number): string {
    // A character has 4 bytes at the most.
    const shown = this.#content.subarray(0, 4 * (charsMax + 1));
    return excerptOf(this.#decoder.excerpt(shown), charsMax);
  }

  close(): void {
    this.#isReady = false;
    this.#bytes.close();
  }

  #readFile(): boolean | Promise<boolean> {
    const bytes = this.#bytes;
    for (;;) {
      if (bytes.segment === undefined) return false;
      this.#tooLarge ||= bytes.end > this.#fileBytesMax;
      if (bytes.atFileEnd || (this.#tooLarge && bytes.end > 0)) {
        this.#content = bytes.buffer.subarray(0, bytes.end);
        bytes.finishSegment();
        this.#isReady = true;
        return true;
      }
      const wait = bytes.more();
      if (wait !== undefined) return wait.then(() => this.#readFile());
    }
  }
}

/** Files as text. */
export class TextOfFile implements FileDecoder<string> {
  readonly empty = "";
  readonly #encoding: "utf-8" | "latin1";
  readonly #invalid: "error" | "replace";

  constructor(encoding: "utf-8" | "latin1", invalid: "error" | "replace") {
    this.#encoding = encoding;
    this.#invalid = invalid;
  }

  decode(file: InputFile, bytes: Buffer): string {
    if (this.#encoding === "latin1" || isAscii(bytes)) return bytes.toString("latin1");
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    const content = hasMark ? bytes.subarray(3) : bytes;
    if (isUtf8(content)) return decodeUtf8(content);
    if (this.#invalid === "replace") return content.toString("utf8");
    throw recordInvalid(
      file,
      "file",
      0,
      `byte ${invalidUtf8At(bytes)} is not valid UTF-8`,
      'Read it with files({ encoding: "latin1" }) if that is what it is, with ' +
        'files({ invalid: "replace" }), or with files({ as: "bytes" }).',
    );
  }

  excerpt(bytes: Buffer): string {
    return bytes.toString(this.#encoding === "latin1" ? "latin1" : "utf8");
  }
}

/** Files as bytes, copied out of the buffer that the next file will use. */
export class BytesOfFile implements FileDecoder<Uint8Array> {
  readonly empty = new Uint8Array(0);

  decode(_file: InputFile, bytes: Buffer): Uint8Array {
    return new Uint8Array(bytes);
  }

  excerpt(bytes: Buffer): string {
    return bytes.toString("utf8");
  }
}
