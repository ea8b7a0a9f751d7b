/**
 * `bytes()`: raw bytes, sorted as `compareBytes` sorts them. Its inner form is an escaped run, its
 * last form the bytes themselves.
 */

import { ByteView } from "../../base/byte-view.ts";
import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { KeyCodec } from "./codec.ts";
import { refused } from "./codec-error.ts";
import { endRun, readRun, skipRun } from "./escaped.ts";

const NAME = "bytes()";

/** A native copy takes 40 ns; a loop takes 1 ns a byte. */
const NATIVE_COPY_BYTES_MIN = 40;

class BytesCodec implements KeyCodec<Uint8Array, Uint8Array | ByteView> {
  readonly name = NAME;
  readonly ordered = true;
  readonly takesViews = true;

  write(writer: ByteWriter, value: Uint8Array | ByteView): void {
    const start = writer.position;
    this.writeLast(writer, value);
    endRun(writer, start);
  }

  read(reader: ByteReader): Uint8Array {
    const run = readRun(reader, NAME);
    return copyOf(run.bytes, run.start, run.end);
  }

  skip(reader: ByteReader): void {
    skipRun(reader, NAME);
  }

  writeLast(writer: ByteWriter, value: Uint8Array | ByteView): void {
    if (value instanceof ByteView) {
      writer.writeBytes(value.bytes, value.start, value.end);
    } else if (value instanceof Uint8Array) {
      writer.writeBytes(value, 0, value.length);
    } else {
      throw refused(NAME, value, "Emit a Uint8Array, a Buffer or a ByteView.");
    }
  }

  readLast(reader: ByteReader): Uint8Array {
    const { bytes, position, end } = reader;
    reader.position = end;
    return copyOf(bytes, position, end);
  }

  writeText(writer: ByteWriter, reader: ByteReader): void {
    writer.writeBytes(reader.bytes, reader.position, reader.end);
    reader.position = reader.end;
  }
}

/** A copy, because the engine uses its buffers again; and a plain array, never a `Buffer`. */
function copyOf(bytes: Buffer, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  if (copy.length < NATIVE_COPY_BYTES_MIN) {
    for (let i = 0; i < copy.length; i++) copy[i] = bytes[start + i]!;
  } else {
    copy.set(bytes.subarray(start, end));
  }
  return copy;
}

const BYTES = new BytesCodec();

/**
 * Raw bytes of any length, keys included, sorted byte by byte with a prefix first. `emit` takes a
 * `Uint8Array` (a `Buffer` is one) or a `ByteView`; what is read is a `Uint8Array` of its own.
 *
 * In text outputs the bytes stand as they are.
 *
 * @throws SheafError `VALUE_INVALID` when a value is neither a `Uint8Array` nor a `ByteView`.
 * @example
 * ```ts
 * import { bytes, defineJob, fixedRecords, identity } from "sheaf";
 *
 * export default defineJob({
 *   input: fixedRecords({ bytes: 100 }),
 *   intermediate: { key: bytes(), value: bytes() },
 *   map: (_position, record, emit) => emit(record.slice(0, 10), record.slice(10)),
 *   reduce: identity,
 * });
 * ```
 */
export function bytes(): KeyCodec<Uint8Array, Uint8Array | ByteView> {
  return BYTES;
}
