/**
 * What a codec writes and reads, one value at a time, for tests: both forms as bytes, values back
 * from bytes, and the text of a value.
 */

import { ByteReader, ByteWriter } from "../../src/base/bytes.ts";
import type { Codec } from "../../src/job/codec/codec.ts";

/** The bytes of the inner form. The writer begins small and not at 0, so that growing is tested. */
export function innerForm<Out, In>(codec: Codec<Out, In>, value: In): Buffer {
  const writer = startedWriter();
  codec.write(writer, value);
  return Buffer.from(writer.written().subarray(1));
}

/** The bytes of the last form. */
export function lastForm<Out, In>(codec: Codec<Out, In>, value: In): Buffer {
  const writer = startedWriter();
  codec.writeLast(writer, value);
  return Buffer.from(writer.written().subarray(1));
}

/** The value of an inner form; fails unless exactly `bytes` were used. */
export function fromInner<Out, In>(codec: Codec<Out, In>, bytes: Buffer): Out {
  const reader = amidGarbage(bytes);
  reader.end += 2;
  const value = codec.read(reader);
  expectAt(reader, reader.end - 2);
  return value;
}

/** The value of a last form; fails unless all of `bytes` were used. */
export function fromLast<Out, In>(codec: Codec<Out, In>, bytes: Buffer): Out {
  const reader = amidGarbage(bytes);
  const value = codec.readLast(reader);
  expectAt(reader, reader.end);
  return value;
}

/** What a text output shows of a value. */
export function textOf<Out, In>(codec: Codec<Out, In>, value: In): string {
  const writer = startedWriter();
  const reader = amidGarbage(lastForm(codec, value));
  codec.writeText(writer, reader);
  expectAt(reader, reader.end);
  return Buffer.from(writer.written().subarray(1)).toString("utf8");
}

/** A reader of `bytes` in a larger buffer, as in the engine: what follows must not be read. */
export function amidGarbage(bytes: Buffer): ByteReader {
  const around = Buffer.concat([Buffer.of(0x01, 0xff), bytes, Buffer.of(0x01, 0x00, 0xff, 0x00)]);
  return new ByteReader(around, 2, 2 + bytes.length);
}

function startedWriter(): ByteWriter {
  const writer = new ByteWriter(1);
  writer.writeByte(0x00);
  return writer;
}

function expectAt(reader: ByteReader, position: number): void {
  if (reader.position !== position) {
    throw new Error(`The reader stands at ${reader.position} instead of ${position}.`);
  }
}
