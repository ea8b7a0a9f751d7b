/**
 * `boolean()`: one byte, 0 for false and 1 for true.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { KeyCodec } from "./codec.ts";
import { corrupt, expectEnd, refused, truncated } from "./codec-error.ts";

const NAME = "boolean()";

class BooleanCodec implements KeyCodec<boolean> {
  readonly name = NAME;
  readonly ordered = true;

  write(writer: ByteWriter, value: boolean): void {
    if (typeof value !== "boolean") throw refused(NAME, value, "Emit true or false.");
    writer.writeByte(value ? 1 : 0);
  }

  read(reader: ByteReader): boolean {
    if (reader.position >= reader.end) throw truncated(NAME);
    const byte = reader.bytes[reader.position++]!;
    if (byte > 1) throw corrupt(NAME, `its byte is ${byte}`);
    return byte === 1;
  }

  writeLast(writer: ByteWriter, value: boolean): void {
    this.write(writer, value);
  }

  readLast(reader: ByteReader): boolean {
    const value = this.read(reader);
    expectEnd(reader, NAME);
    return value;
  }

  writeText(writer: ByteWriter, reader: ByteReader): void {
    writer.writeText(this.readLast(reader) ? "true" : "false");
  }
}

const BOOLEAN = new BooleanCodec();

/**
 * `true` and `false`, keys included: 1 byte, false first.
 *
 * @throws SheafError `VALUE_INVALID` when a value is not a boolean.
 * @example
 * ```ts
 * import { boolean, defineJob, int, sum, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: boolean(), value: int() },
 *   map: (_position, line, emit) => emit(line.includes("ERROR"), 1),
 *   reduce: sum,
 * });
 * ```
 */
export function boolean(): KeyCodec<boolean> {
  return BOOLEAN;
}
