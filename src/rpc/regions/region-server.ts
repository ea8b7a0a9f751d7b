/**
 * Serves regions: reads a file in chunks and sends them as fast as the reader takes them. What a
 * stream holds in memory is a few chunks, however long the region and however slow the reader; a
 * reader that takes none for too long loses its connection; and there are only so many streams.
 */

import type { FileHandle } from "node:fs/promises";
import { messageOf, SheafError } from "../../base/error.ts";
import type { Incarnation } from "../../base/ids.ts";
import { type Call, type Service, service } from "../server/serve.ts";
import { REGION_CHUNKS_PENDING_MAX, regionService } from "../services/region-service.ts";
import { RegionChunk, type RegionRequest } from "../wire/region-calls.ts";
import type { RegionShelf } from "./region-shelf.ts";

/** The bounds of a region server. */
export interface RegionServerLimits {
  /**
   * Streams at once. Each has four buffers of a chunk and three messages of one in memory while its
   * reader is slow: 3.5 MiB by default, and 224 MiB for all of them.
   */
  readonly streamsMax: number;
  /** At most `CHUNK_BYTES_MAX`. */
  readonly chunkBytes: number;
}

const KIB = 1024;

export const REGION_SERVER_LIMITS: RegionServerLimits = {
  streamsMax: 64,
  chunkBytes: 512 * KIB,
};

/** See the head of this file. */
export class RegionServer {
  #shelf: RegionShelf;
  #incarnation: Incarnation;
  readonly #limits: RegionServerLimits;
  #streams = 0;

  constructor(
    shelf: RegionShelf,
    incarnation: Incarnation,
    limits: Partial<RegionServerLimits> = {},
  ) {
    this.#shelf = shelf;
    this.#incarnation = incarnation;
    this.#limits = { ...REGION_SERVER_LIMITS, ...limits };
  }

  /** For an `RpcServer`. */
  service(): Service {
    return service(regionService, { fetchRegion: (request, call) => this.#fetch(request, call) });
  }

  /** Serves another life of the worker from now on. Streams that go on read the old one's files. */
  beginLife(shelf: RegionShelf, incarnation: Incarnation): void {
    this.#shelf = shelf;
    this.#incarnation = incarnation;
  }

  /** Streams that go on. */
  get streams(): number {
    return this.#streams;
  }

  async *#fetch(request: RegionRequest, { signal }: Call): AsyncGenerator<RegionChunk> {
    if (request.incarnation !== this.#incarnation) {
      const words = "This worker is another incarnation: what the one before had is gone.";
      throw new SheafError("REGION_UNAVAILABLE", `${words} Its tasks must run again.`);
    }
    const { streamsMax } = this.#limits;
    if (this.#streams >= streamsMax) {
      const words = `This worker serves ${streamsMax} regions already. Try again.`;
      throw new SheafError("LIMIT_REACHED", words);
    }
    this.#streams++;
    try {
      const { file, offset, lengthBytes } = await this.#shelf.open(request);
      try {
        yield* this.#chunks(file, offset + request.offsetBytes, offset + lengthBytes, signal);
      } finally {
        await file.close();
      }
    } finally {
      this.#streams--;
    }
  }

  /**
   * The bytes [start, end) of a file. While one chunk is sent, the next is read. A stream goes round
   * its buffers: to make new ones for every chunk kept the garbage collector at work for a fourth of
   * the time. When a chunk is asked for, all but the last two have been sent.
   */
  async *#chunks(
    file: FileHandle,
    start: number,
    end: number,
    signal: AbortSignal,
  ): AsyncGenerator<RegionChunk> {
    const chunkBytes = Math.min(this.#limits.chunkBytes, end - start);
    const rooms: Buffer[] = [];
    let position = start;
    let turn = 0;
    const read = (): Promise<RegionChunk> | undefined => {
      if (position >= end) return undefined;
      const place = turn++ % BUFFERS;
      rooms[place] ??= RegionChunk.room(chunkBytes);
      const chunk = RegionChunk.within(rooms[place], Math.min(chunkBytes, end - position));
      const reading = fill(file, chunk, position);
      position += chunk.data.length;
      // It is awaited in its turn, unless the stream ends before.
      reading.catch(() => {});
      return reading;
    };
    for (let reading = read(); reading !== undefined; ) {
      const chunk = await reading;
      signal.throwIfAborted();
      reading = read();
      yield chunk;
    }
  }
}

/** Those that are being sent, the one that is next, and the one that is read. */
const BUFFERS = REGION_CHUNKS_PENDING_MAX - 1 + 2;

/** Reads until the chunk is full; a file may give less at a time. */
async function fill(file: FileHandle, chunk: RegionChunk, position: number): Promise<RegionChunk> {
  const { data } = chunk;
  for (let done = 0; done < data.length; ) {
    const { bytesRead } = await readFrom(file, data, done, position + done);
    if (bytesRead === 0) {
      throw new SheafError("REGION_CORRUPT", `The output ends at ${position + done} bytes.`);
    }
    done += bytesRead;
  }
  return chunk;
}

async function readFrom(file: FileHandle, data: Uint8Array, done: number, position: number) {
  try {
    return await file.read(data, done, data.length - done, position);
  } catch (error) {
    const words = `The output cannot be read: ${messageOf(error)}.`;
    throw new SheafError("REGION_CORRUPT", words, { cause: error });
  }
}
