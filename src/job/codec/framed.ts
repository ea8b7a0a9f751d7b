/**
 * The inner form of values that do not end themselves and need no order: their length in 4 bytes,
 * high first, then their last form.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { Codec } from "./codec.ts";
import { truncated } from "./codec-error.ts";

const LENGTH_BYTES = 4;

/** A codec that has only to say what its last form is. */
export abstract class FramedCodec<T> implements Codec<T> {
  abstract readonly name: string;
  abstract writeLast(writer: ByteWriter, value: T): void;
  abstract readLast(reader: ByteReader): T;
  abstract writeText(writer: ByteWriter, reader: ByteReader): void;

  write(writer: ByteWriter, value: T): void {
    writer.reserve(LENGTH_BYTES);
    const start = writer.position + LENGTH_BYTES;
    writer.position = start;
    this.writeLast(writer, value);
    writer.bytes.writeUInt32BE(writer.position - start, start - LENGTH_BYTES);
  }

  read(reader: ByteReader): T {
    const end = reader.end;
    reader.end = frameEnd(reader, this.name);
    try {
      return this.readLast(reader);
    } finally {
      reader.end = end;
    }
  }

  skip(reader: ByteReader): void {
    reader.position = frameEnd(reader, this.name);
  }
}

/** Moves past the length; the answer is where the frame ends. */
function frameEnd(reader: ByteReader, codec: string): number {
  const start = reader.position + LENGTH_BYTES;
  if (start > reader.end) throw truncated(codec);
  const end = start + reader.bytes.readUInt32BE(reader.position);
  if (end > reader.end) throw truncated(codec);
  reader.position = start;
  return end;
}
