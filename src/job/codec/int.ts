/**
 * `int()`: whole numbers that a JavaScript number holds exactly. Small ones take one byte, which is
 * what makes counting cheap; the others take a header with their size, then the bytes, high first.
 *
 *     0x00 .. 0x06   negative, 7 .. 1 bytes follow: those of -1 - v, each inverted
 *     0x07 .. 0xF8   -121 .. 120
 *     0xF9 .. 0xFF   positive, 1 .. 7 bytes follow
 *
 * What always holds: a number is written in as few bytes as it needs, so comparing bytes compares
 * numbers. `date()` uses the same format.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { KeyCodec } from "./codec.ts";
import { corrupt, expectEnd, refused, truncated } from "./codec-error.ts";

const NAME = "int()";
const ZERO = 0x80;
const SMALL_MIN = -121;
const SMALL_MAX = 120;
const BEFORE_SMALL = ZERO + SMALL_MIN;
const AFTER_SMALL = ZERO + SMALL_MAX;
const LOW_WORD = 0x1_0000_0000;

/** Appends a safe integer. */
export function writeInt(writer: ByteWriter, value: number): void {
  if (value <= SMALL_MAX && value >= SMALL_MIN) {
    writer.writeByte(ZERO + value);
    return;
  }
  const negative = value < 0;
  const magnitude = negative ? -1 - value : value;
  const high = Math.floor(magnitude / LOW_WORD);
  const low = magnitude >>> 0;
  // Bytes without the leading zeros, of which `clz32` counts the bits.
  const size = high > 0 ? 8 - (Math.clz32(high) >> 3) : 4 - (Math.clz32(low) >> 3);
  const invert = negative ? 0xff : 0;
  writer.reserve(8);
  const bytes = writer.bytes;
  let position = writer.position;
  bytes[position++] = negative ? BEFORE_SMALL - size : AFTER_SMALL + size;
  for (let i = size - 1; i >= 0; i--) {
    bytes[position++] = ((i >= 4 ? high >>> (8 * i - 32) : low >>> (8 * i)) & 0xff) ^ invert;
  }
  writer.position = position;
}

/** Reads what `writeInt` wrote and moves past it; `codec` is named in errors. */
export function readInt(reader: ByteReader, codec: string): number {
  const position = reader.position;
  if (position >= reader.end) throw truncated(codec);
  const header = reader.bytes[position]!;
  if (header >= BEFORE_SMALL && header <= AFTER_SMALL) {
    reader.position = position + 1;
    return header - ZERO;
  }
  const negative = header < BEFORE_SMALL;
  const size = negative ? BEFORE_SMALL - header : header - AFTER_SMALL;
  const end = position + 1 + size;
  if (end > reader.end) throw truncated(codec);
  const invert = negative ? 0xff : 0;
  let magnitude = 0;
  for (let i = position + 1; i < end; i++)
    magnitude = magnitude * 256 + (reader.bytes[i]! ^ invert);
  const value = negative ? -1 - magnitude : magnitude;
  if (!Number.isSafeInteger(value)) throw corrupt(codec, "it is no safe integer");
  reader.position = end;
  return value;
}

/** Moves past what `writeInt` wrote. */
export function skipInt(reader: ByteReader, codec: string): void {
  const position = reader.position;
  if (position >= reader.end) throw truncated(codec);
  const header = reader.bytes[position]!;
  let end = position + 1;
  if (header < BEFORE_SMALL) end += BEFORE_SMALL - header;
  else if (header > AFTER_SMALL) end += header - AFTER_SMALL;
  if (end > reader.end) throw truncated(codec);
  reader.position = end;
}

class IntCodec implements KeyCodec<number> {
  readonly name = NAME;
  readonly ordered = true;
  readonly numeric = "int";

  write(writer: ByteWriter, value: number): void {
    this.writeLast(writer, value);
  }

  read(reader: ByteReader): number {
    return readInt(reader, NAME);
  }

  skip(reader: ByteReader): void {
    skipInt(reader, NAME);
  }

  writeLast(writer: ByteWriter, value: number): void {
    if (!Number.isSafeInteger(value)) throw refuseInt(value);
    writeInt(writer, value);
  }

  readLast(reader: ByteReader): number {
    const value = readInt(reader, NAME);
    expectEnd(reader, NAME);
    return value;
  }

  writeText(writer: ByteWriter, reader: ByteReader): void {
    const value = this.readLast(reader);
    if ((value | 0) === value) writeDigits(writer, value);
    else writer.writeText(String(value));
  }
}

function refuseInt(value: unknown): Error {
  if (typeof value !== "number") return refused(NAME, value, "Emit a whole number.");
  if (Number.isNaN(value)) return refused(NAME, value, "The input it came from is no number.");
  if (!Number.isInteger(value)) return refused(NAME, value, "Use float() for it.");
  return refused(NAME, value, "Past 2^53 - 1 a number is not exact: use bigint(), or float().");
}

/** Appends the digits of a 32-bit integer without making a string: three times as fast. */
function writeDigits(writer: ByteWriter, value: number): void {
  writer.reserve(11);
  const bytes = writer.bytes;
  let position = writer.position;
  let rest = value;
  if (value < 0) {
    bytes[position++] = 0x2d;
    rest = -value;
  }
  let digits = 1;
  for (let limit = 10; rest >= limit; limit *= 10) digits++;
  writer.position = position + digits;
  for (let i = position + digits - 1; i >= position; i--) {
    const quotient = Math.floor(rest / 10);
    bytes[i] = 0x30 + (rest - quotient * 10);
    rest = quotient;
  }
}

const INT = new IntCodec();

/**
 * Whole numbers from -(2^53 - 1) to 2^53 - 1, keys included: 1 byte for -121 to 120, at most 8.
 * Negative zero becomes 0. For fractions there is `float()`, for larger numbers `bigint()`.
 *
 * @throws SheafError `VALUE_INVALID` when a value is no safe integer.
 * @example
 * ```ts
 * import { defineJob, int, string, sum, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map: (_position, line, emit) => emit(line, line.length),
 *   reduce: sum,
 * });
 * ```
 */
export function int(): KeyCodec<number> {
  return INT;
}
