/**
 * `bigint()`: whole numbers of any size. A header says the sign and how many bytes follow; then
 * come the bytes of the magnitude, high first. A negative number is its positive twin, inverted.
 *
 *     0x80            zero
 *     0x81 .. 0xFE    positive, 1 .. 126 bytes
 *     0xFF n n n n    positive, n bytes
 *
 * What always holds: a magnitude does not begin with a zero, so comparing bytes compares numbers.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { KeyCodec } from "./codec.ts";
import { corrupt, expectEnd, refused, truncated } from "./codec-error.ts";

const NAME = "bigint()";
const ZERO = 0x80;
const LONG = 0xff;
const SHORT_BYTES_MAX = LONG - ZERO - 1;
const COUNT_BYTES = 4;
/** Up to here a number holds the magnitude exactly, and is read five times as fast as digits. */
const EXACT_BYTES_MAX = 6;

class BigintCodec implements KeyCodec<bigint> {
  readonly name = NAME;
  readonly ordered = true;

  write(writer: ByteWriter, value: bigint): void {
    if (typeof value !== "bigint") throw refused(NAME, value, "Emit a bigint, or BigInt(value).");
    if (value === 0n) {
      writer.writeByte(ZERO);
      return;
    }
    const negative = value < 0n;
    // Through hexadecimal, because shifting byte by byte takes quadratic time.
    const digits = (negative ? -value : value).toString(16);
    const hex = digits.length % 2 === 0 ? digits : `0${digits}`;
    const count = hex.length / 2;
    writer.reserve(1 + COUNT_BYTES + count);
    const start = writer.position;
    if (count <= SHORT_BYTES_MAX) {
      writer.bytes[writer.position++] = ZERO + count;
    } else {
      writer.bytes[writer.position++] = LONG;
      writer.position = writer.bytes.writeUInt32BE(count, writer.position);
    }
    writer.position += writer.bytes.write(hex, writer.position, "hex");
    if (negative) invert(writer.bytes, start, writer.position);
  }

  read(reader: ByteReader): bigint {
    const negative = isNegative(reader);
    const count = readHeader(reader);
    const first = reader.position;
    const end = first + count;
    if (end > reader.end) throw truncated(NAME);
    reader.position = end;
    if (count === 0) return 0n;
    const inversion = negative ? 0xff : 0;
    if (reader.bytes[first] === inversion) throw corrupt(NAME, "it begins with a zero");
    if (count <= EXACT_BYTES_MAX) return BigInt(readNumber(reader.bytes, first, end, inversion));
    const magnitude = Buffer.from(reader.bytes.subarray(first, end));
    if (negative) invert(magnitude, 0, count);
    const value = BigInt(`0x${magnitude.toString("hex")}`);
    return negative ? -value : value;
  }

  skip(reader: ByteReader): void {
    const count = readHeader(reader);
    if (reader.position + count > reader.end) throw truncated(NAME);
    reader.position += count;
  }

  writeLast(writer: ByteWriter, value: bigint): void {
    this.write(writer, value);
  }

  readLast(reader: ByteReader): bigint {
    const value = this.read(reader);
    expectEnd(reader, NAME);
    return value;
  }

  writeText(writer: ByteWriter, reader: ByteReader): void {
    const value = this.readLast(reader);
    writer.writeText(String(value));
  }
}

/** A magnitude with its sign, of few enough bytes for a number to hold it. */
function readNumber(bytes: Buffer, start: number, end: number, inversion: number): number {
  let magnitude = 0;
  for (let i = start; i < end; i++) magnitude = magnitude * 256 + (bytes[i]! ^ inversion);
  return inversion === 0 ? magnitude : -magnitude;
}

function isNegative(reader: ByteReader): boolean {
  return reader.position < reader.end && reader.bytes[reader.position]! < ZERO;
}

/** Moves past the header; the answer is how many bytes of magnitude follow. */
function readHeader(reader: ByteReader): number {
  const { bytes, position, end } = reader;
  if (position >= end) throw truncated(NAME);
  const mask = bytes[position]! < ZERO ? 0xff : 0;
  const header = bytes[position]! ^ mask;
  if (header === ZERO && mask !== 0) throw corrupt(NAME, "it is a negative zero");
  if (header !== LONG) {
    reader.position = position + 1;
    return header - ZERO;
  }
  if (position + 1 + COUNT_BYTES > end) throw truncated(NAME);
  const count = (bytes.readUInt32BE(position + 1) ^ (mask === 0 ? 0 : -1)) >>> 0;
  reader.position = position + 1 + COUNT_BYTES;
  return count;
}

function invert(bytes: Buffer, start: number, end: number): void {
  for (let i = start; i < end; i++) bytes[i] = ~bytes[i]!;
}

const BIGINT = new BigintCodec();

/**
 * Whole numbers of any size, keys included: 1 byte more than the number needs, 5 more from 127
 * bytes on. In text outputs they stand in decimal, without the `n`.
 *
 * @throws SheafError `VALUE_INVALID` when a value is not a bigint.
 * @example
 * ```ts
 * import { bigint, defineJob, string, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: bigint() },
 *   map(_position, line, emit) {
 *     const [account = "", cents = "0"] = line.split("\t");
 *     emit(account, BigInt(cents));
 *   },
 *   combine: (a, b) => a + b,
 *   reduce(_account, amounts, emit) {
 *     let total = 0n;
 *     for (const cents of amounts) total += cents;
 *     emit(total);
 *   },
 * });
 * ```
 */
export function bigint(): KeyCodec<bigint> {
  return BIGINT;
}
