/**
 * A gzip or zstd file as a byte source: its stored bytes go through Node's decompressor one block
 * at a time, and no block goes in while decompressed bytes wait, so memory stays bounded.
 *
 * What always holds: the whole file is decompressed, every member or frame of it, or
 * `INPUT_CORRUPT` is thrown.
 */

import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { messageOf, SheafError, systemCodeOf } from "../../base/error.ts";
import type { ByteSource } from "./byte-source.ts";
import type { InputFile } from "./input.ts";
import { corrupt } from "./input-error.ts";
import { ZstdFrames } from "./zstd-frames.ts";

const STORED_BLOCK_BYTES = 64 * 1024;
const CHUNK_BYTES = 128 * 1024;

/** A decompressor of Node's; `bytesWritten` counts the stored bytes that it took in. */
type Engine = Transform & { readonly bytesWritten: number };

/** See the head of this file. */
export class DecompressedSource implements ByteSource {
  readonly #file: InputFile;
  readonly #stored: ByteSource;
  readonly #engine: Engine;
  /** Only for zstd, whose frames Node does not follow by itself. */
  readonly #frames: ZstdFrames | undefined;
  /** Stored bytes: all of #block[0, #blockEnd) but [#blockAt, ...) was given to the engine. */
  readonly #block = Buffer.allocUnsafeSlow(STORED_BLOCK_BYTES);
  #blockAt = 0;
  #blockEnd = 0;
  #fedBytes = 0;
  /** While the engine works on the block, which may not be touched then, and after its end. */
  #feeding = false;
  /** Decompressed bytes not yet handed out: #chunk[#chunkAt, ...). */
  #chunk: Buffer = Buffer.alloc(0);
  #chunkAt = 0;
  #ended = false;
  #failure: Error | undefined;
  #closed = false;
  #wake: () => void = () => {};

  constructor(file: InputFile, stored: ByteSource) {
    this.#file = file;
    this.#stored = stored;
    try {
      this.#engine = file.compression === "zstd" ? createUnzstd(file) : createGunzip();
    } catch (error) {
      stored.close();
      throw error;
    }
    this.#frames = file.compression === "zstd" ? new ZstdFrames() : undefined;
    this.#engine.on("readable", () => this.#wake());
    this.#engine.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    this.#engine.on("error", (error) => {
      this.#failure ??= failureOf(file, error);
      this.#wake();
    });
  }

  prefetch(): void {
    this.#stored.prefetch?.();
  }

  get position(): number {
    return this.#stored.position;
  }

  read(target: Buffer, start: number, end: number): number | Promise<number> {
    if (this.#chunkAt < this.#chunk.length) return this.#handOut(target, start, end);
    return this.#bringChunk().then(() => this.#handOut(target, start, end));
  }

  verify(): void {
    this.#stored.verify();
  }

  close(): void {
    this.#closed = true;
    this.#engine.destroy();
    this.#stored.close();
    this.#wake();
  }

  #handOut(target: Buffer, start: number, end: number): number {
    if (this.#closed) return 0;
    const count = this.#chunk.copy(target, start, this.#chunkAt, this.#chunkAt + end - start);
    this.#chunkAt += count;
    return count;
  }

  /** Waits for decompressed bytes; there are none after the end. */
  async #bringChunk(): Promise<void> {
    while (!this.#closed) {
      if (this.#failure !== undefined) throw this.#failure;
      const chunk = this.#engine.read() as Buffer | null;
      if (chunk !== null) {
        this.#chunk = chunk;
        this.#chunkAt = 0;
        return;
      }
      if (this.#ended) return await this.#checkRest();
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (!this.#feeding) await this.#feed();
      await woken;
    }
  }

  /** Gives the engine its next block, or tells it that there is none. */
  async #feed(): Promise<void> {
    this.#feeding = true;
    if (this.#blockAt === this.#blockEnd && !(await this.#readBlock())) {
      if (this.#frames !== undefined && !(this.#frames.atFrameEnd && this.#frames.count > 0)) {
        throw corrupt(this.#file, "unexpected end of file");
      }
      // It stays "feeding", because nothing may follow.
      this.#engine.end();
      return;
    }
    if (this.#closed) return;
    const from = this.#blockAt;
    const to = this.#frames?.advance(this.#block, from, this.#blockEnd) ?? this.#blockEnd;
    if (to < 0) throw corrupt(this.#file, "it is not in zstd format");
    this.#blockAt = to;
    this.#fedBytes += to - from;
    this.#engine.write(this.#block.subarray(from, to), (error) => {
      // An engine that left bytes has come to its end; they stay in the block to be looked at.
      const tookAll = this.#engine.bytesWritten === this.#fedBytes;
      if (tookAll && (error === undefined || error === null)) this.#feeding = false;
      this.#wake();
    });
  }

  async #readBlock(): Promise<boolean> {
    this.#blockAt = 0;
    this.#blockEnd = await this.#stored.read(this.#block, 0, STORED_BLOCK_BYTES);
    return this.#blockEnd > 0;
  }

  /**
   * Zero bytes may pad a gzip file, and the engine ends at the first of them. Anything else among
   * them would be lost without a word, so it is looked for.
   */
  async #checkRest(): Promise<void> {
    let at = this.#blockAt - (this.#fedBytes - this.#engine.bytesWritten);
    do {
      for (; at < this.#blockEnd; at++) {
        if (this.#block[at] !== 0) throw corrupt(this.#file, "other data follows its end");
      }
      at = 0;
    } while (await this.#readBlock());
  }
}

/** What the engine's error means for the file. */
function failureOf(file: InputFile, error: Error): SheafError {
  if (systemCodeOf(error) !== "ZSTD_error_frameParameter_windowTooLarge") {
    return corrupt(file, messageOf(error), error);
  }
  return new SheafError(
    "INPUT_UNREADABLE",
    `Cannot decompress ${file.path}: it needs a window of more than 128 MB of memory. ` +
      "Compress it again without --long, or with --long=27 at the most.",
    { data: { file: file.path }, cause: error },
  );
}

function createGunzip(): Engine {
  return zlib.createGunzip({ chunkSize: CHUNK_BYTES });
}

/** Node has zstd from 22.15 on; the types that we compile against are older. */
function createUnzstd(file: InputFile): Engine {
  const { createZstdDecompress } = zlib as {
    createZstdDecompress?: (options: { chunkSize: number }) => Engine;
  };
  if (createZstdDecompress !== undefined) return createZstdDecompress({ chunkSize: CHUNK_BYTES });
  throw new SheafError(
    "INPUT_UNREADABLE",
    `Cannot read ${file.path}: zstd needs Node 22.15 or later, and this is ${process.version}. ` +
      "Use a newer Node, or compress the input with gzip.",
    { data: { file: file.path } },
  );
}
