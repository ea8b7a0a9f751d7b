/**
 * `string()`: text. Its bytes are UTF-8 (WTF-8 where a surrogate stands alone), so keys sort by
 * code point. The hottest codec there is: most jobs write a string for every record.
 */

import { ByteView } from "../../base/byte-view.ts";
import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { KeyCodec } from "./codec.ts";
import { refused } from "./codec-error.ts";
import { endRun, readRun, skipRun } from "./escaped.ts";
import { readWtf8, writeWtf8, writeWtf8AsUtf8 } from "./wtf8.ts";

const NAME = "string()";

class StringCodec implements KeyCodec<string, string | ByteView> {
  readonly name = NAME;
  readonly ordered = true;
  readonly takesViews = true;
  readonly takesText = true;

  write(writer: ByteWriter, value: string | ByteView): void {
    const start = writer.position;
    this.writeLast(writer, value);
    endRun(writer, start);
  }

  read(reader: ByteReader): string {
    const run = readRun(reader, NAME);
    return readWtf8(run.bytes, run.start, run.end);
  }

  skip(reader: ByteReader): void {
    skipRun(reader, NAME);
  }

  writeLast(writer: ByteWriter, value: string | ByteView): void {
    if (typeof value === "string") {
      writeWtf8(writer, value);
    } else if (value instanceof ByteView) {
      writer.writeBytes(value.bytes, value.start, value.end);
    } else {
      throw refused(NAME, value, "Emit a string, or String(value).");
    }
  }

  readLast(reader: ByteReader): string {
    const { bytes, position, end } = reader;
    reader.position = end;
    return readWtf8(bytes, position, end);
  }

  writeText(writer: ByteWriter, reader: ByteReader): void {
    writeWtf8AsUtf8(writer, reader.bytes, reader.position, reader.end);
    reader.position = reader.end;
  }
}

const STRING = new StringCodec();

/**
 * Text of any length, keys included. Every JavaScript string comes back as it was, lone surrogates
 * too. `emit` also takes a `ByteView`, whose bytes are copied as they are: UTF-8 from the input;
 * bytes that are not UTF-8 are read back as U+FFFD.
 *
 * Keys sort by code point, as `LC_ALL=C sort` does. JavaScript's `<` differs from that only in that
 * it puts characters beyond U+FFFF before U+E000 to U+FFFF.
 *
 * In text outputs a string stands as it is, and a lone surrogate, which has no UTF-8, as U+FFFD.
 *
 * @throws SheafError `VALUE_INVALID` when a value is neither a string nor a `ByteView`.
 * @example
 * ```ts
 * import { defineJob, int, string, sum, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map: (_position, line, emit) => emit(line, 1),
 *   reduce: sum,
 * });
 * ```
 */
export function string(): KeyCodec<string, string | ByteView> {
  return STRING;
}
