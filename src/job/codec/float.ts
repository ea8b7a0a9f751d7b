/**
 * `float()`: any number. Eight bytes: the IEEE 754 double, high byte first, with its sign bit
 * turned for positive numbers and all its bits for negative ones, so that comparing bytes compares
 * numbers.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { KeyCodec } from "./codec.ts";
import { expectEnd, refused, truncated } from "./codec-error.ts";

const NAME = "float()";
const SIZE_BYTES = 8;
const SIGN = 0x8000_0000;
/** The high word of the one NaN that is written; it sorts after Infinity. */
const NAN_HIGH = 0x7ff8_0000;

/** A double and its two words; which of them is the high one depends on the machine. */
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
double[0] = -1;
const HIGH = words[1] === 0 ? 0 : 1;
const LOW = 1 - HIGH;

class FloatCodec implements KeyCodec<number> {
  readonly name = NAME;
  readonly ordered = true;
  readonly numeric = "float";

  write(writer: ByteWriter, value: number): void {
    if (typeof value !== "number") throw refused(NAME, value, "Emit a number.");
    double[0] = value;
    let high = words[HIGH]!;
    let low = words[LOW]!;
    if (Number.isNaN(value)) {
      high = NAN_HIGH;
      low = 0;
    }
    if (high >= SIGN) {
      high = ~high;
      low = ~low;
    } else {
      high ^= SIGN;
    }
    writer.reserve(SIZE_BYTES);
    const bytes = writer.bytes;
    const position = writer.position;
    bytes[position] = high >>> 24;
    bytes[position + 1] = high >>> 16;
    bytes[position + 2] = high >>> 8;
    bytes[position + 3] = high;
    bytes[position + 4] = low >>> 24;
    bytes[position + 5] = low >>> 16;
    bytes[position + 6] = low >>> 8;
    bytes[position + 7] = low;
    writer.position = position + SIZE_BYTES;
  }

  read(reader: ByteReader): number {
    const { bytes, position } = reader;
    if (position + SIZE_BYTES > reader.end) throw truncated(NAME);
    const high =
      (bytes[position]! << 24) |
      (bytes[position + 1]! << 16) |
      (bytes[position + 2]! << 8) |
      bytes[position + 3]!;
    const low =
      (bytes[position + 4]! << 24) |
      (bytes[position + 5]! << 16) |
      (bytes[position + 6]! << 8) |
      bytes[position + 7]!;
    // As a signed word, a set high bit shows as a negative number: the value was positive.
    words[HIGH] = high < 0 ? high ^ SIGN : ~high;
    words[LOW] = high < 0 ? low : ~low;
    reader.position = position + SIZE_BYTES;
    return double[0]!;
  }

  skip(reader: ByteReader): void {
    if (reader.position + SIZE_BYTES > reader.end) throw truncated(NAME);
    reader.position += SIZE_BYTES;
  }

  writeLast(writer: ByteWriter, value: number): void {
    this.write(writer, value);
  }

  readLast(reader: ByteReader): number {
    const value = this.read(reader);
    expectEnd(reader, NAME);
    return value;
  }

  writeText(writer: ByteWriter, reader: ByteReader): void {
    const value = this.readLast(reader);
    writer.writeText(String(value));
  }
}

const FLOAT = new FloatCodec();

/**
 * Any number, keys included: 8 bytes. Keys sort by value, with -0 just before 0 and NaN, of which
 * there is one, after Infinity. All of them come back as they were.
 *
 * @throws SheafError `VALUE_INVALID` when a value is not a number.
 * @example
 * ```ts
 * import { defineJob, float, max, string, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: float() },
 *   map(_position, line, emit) {
 *     const [station = "", celsius] = line.split(",");
 *     emit(station, Number(celsius));
 *   },
 *   reduce: max,
 * });
 * ```
 */
export function float(): KeyCodec<number> {
  return FLOAT;
}
