/**
 * The bytes of a snapshot: frames one after the other, each `[u32 length][u8 kind][payload]`,
 * little-endian. A frame stands for itself, so that a snapshot can be made, sent and read piece by
 * piece. Numbers are varints; what is rare or small is JSON. Whoever keeps the bytes checks them.
 *
 *     state     format, assignments
 *     workers   live lives, in the order of registration (as JSON, as are the next two)
 *     past      names and their past lives, those that died last at the end
 *     job       a job but for its tasks; the jobs that follow are numbered in their order
 *     labels    job, label, its tasks
 *     tasks     job, phase, first index, count, and so many tasks
 *     end       that there is no more
 */

import { assert } from "../../base/assert.ts";
import { ByteWriter } from "../../base/bytes.ts";

/** What a reader must know to read. Another one than its own it refuses. */
export const SNAPSHOT_FORMAT = 1;

export const FRAME = {
  state: 1,
  workers: 2,
  past: 3,
  job: 4,
  labels: 5,
  tasks: 6,
  end: 7,
} as const;

const LENGTH_BYTES = 4;
const HEADER_BYTES = LENGTH_BYTES + 1;

/** Collects frames. */
export class FrameWriter {
  readonly #out = new ByteWriter(64 * 1024);
  #start = 0;

  get sizeBytes(): number {
    return this.#out.position;
  }

  begin(kind: number): void {
    this.#start = this.#out.position;
    this.#out.reserve(HEADER_BYTES);
    this.#out.position += LENGTH_BYTES;
    this.#out.writeByte(kind);
  }

  end(): void {
    const length = this.#out.position - this.#start - HEADER_BYTES;
    this.#out.bytes.writeUInt32LE(length, this.#start);
  }

  /** A whole number from 0, up to 2^53. */
  count(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#out.writeByte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#out.writeByte(rest);
  }

  bytes(bytes: Uint8Array): void {
    this.count(bytes.length);
    this.#out.writeBytes(bytes, 0, bytes.length);
  }

  text(text: string): void {
    this.bytes(Buffer.from(text, "utf8"));
  }

  json(value: unknown): void {
    this.text(JSON.stringify(value));
  }

  /** What was collected, which is then forgotten. */
  take(): Uint8Array {
    const taken = Uint8Array.prototype.slice.call(this.#out.written());
    this.#out.position = 0;
    return taken;
  }
}

/** A frame that is read. */
export class FrameReader {
  readonly kind: number;
  readonly #bytes: Buffer;
  #position = 0;

  constructor(kind: number, payload: Buffer) {
    this.kind = kind;
    this.#bytes = payload;
  }

  count(): number {
    let value = 0;
    let unit = 1;
    for (;;) {
      const byte = this.#bytes[this.#position++];
      assert(byte !== undefined, "a frame of a snapshot holds what it begins");
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 0x80;
    }
  }

  bytes(): Buffer {
    const length = this.count();
    const end = this.#position + length;
    assert(end <= this.#bytes.length, "a frame of a snapshot holds what it begins");
    const bytes = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return bytes;
  }

  text(): string {
    return this.bytes().toString("utf8");
  }

  json(): unknown {
    return JSON.parse(this.text());
  }
}

/** Cuts bytes that come in pieces into frames. */
export class FrameCutter {
  #rest: Buffer = Buffer.alloc(0);

  *push(piece: Uint8Array): Generator<FrameReader> {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (all.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + all.readUInt32LE(at);
      if (end > all.length) break;
      yield new FrameReader(all[at + LENGTH_BYTES]!, all.subarray(at + HEADER_BYTES, end));
      at = end;
    }
    this.#rest = Buffer.from(all.subarray(at));
  }
}
