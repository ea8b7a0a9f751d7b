/**
 * `optional(codec)`: a value or `undefined`. One byte says which, and 0, for `undefined`, sorts
 * before 1; then comes the value in the same form, inner or last.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { AnyCodec, Codec, KeyCodec } from "./codec.ts";
import { corrupt, expectEnd, truncated } from "./codec-error.ts";
import { isOrdered, nameOf, skipInner } from "./composite.ts";

const ABSENT = 0;
const PRESENT = 1;

class OptionalCodec implements Codec<unknown> {
  readonly name: string;
  readonly #codec: AnyCodec;

  constructor(codec: AnyCodec) {
    this.name = nameOf("optional", [codec]);
    this.#codec = codec;
  }

  write(writer: ByteWriter, value: unknown): void {
    writer.writeByte(value === undefined ? ABSENT : PRESENT);
    if (value !== undefined) this.#codec.write(writer, value);
  }

  read(reader: ByteReader): unknown {
    return this.#readPresence(reader) ? this.#codec.read(reader) : undefined;
  }

  skip(reader: ByteReader): void {
    if (this.#readPresence(reader)) skipInner(this.#codec, reader);
  }

  writeLast(writer: ByteWriter, value: unknown): void {
    writer.writeByte(value === undefined ? ABSENT : PRESENT);
    if (value !== undefined) this.#codec.writeLast(writer, value);
  }

  readLast(reader: ByteReader): unknown {
    if (this.#readPresence(reader)) return this.#codec.readLast(reader);
    expectEnd(reader, this.name);
    return undefined;
  }

  writeText(writer: ByteWriter, reader: ByteReader): void {
    if (this.#readPresence(reader)) this.#codec.writeText(writer, reader);
    else expectEnd(reader, this.name);
  }

  #readPresence(reader: ByteReader): boolean {
    if (reader.position >= reader.end) throw truncated(this.name);
    const byte = reader.bytes[reader.position++]!;
    if (byte > PRESENT) throw corrupt(this.name, `its first byte is ${byte}`);
    return byte === PRESENT;
  }
}

class OptionalKeyCodec extends OptionalCodec implements KeyCodec<unknown> {
  readonly ordered = true;
}

/**
 * A value of `codec`, or `undefined`, which sorts first; a key codec if `codec` is one. It costs
 * one byte. `null` is not `undefined`: it goes to `codec`, and of those only `json()` and
 * `structured()` take it.
 *
 * In text outputs `undefined` is empty.
 *
 * @example
 * ```ts
 * import { defineJob, int, optional, string, sum, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: optional(string()), value: int() },
 *   map: (_position, line, emit) => emit(line.split("\t")[1], 1),
 *   reduce: sum,
 * });
 * ```
 */
export function optional<Out, In>(
  codec: KeyCodec<Out, In>,
): KeyCodec<Out | undefined, In | undefined>;
export function optional<Out, In>(codec: Codec<Out, In>): Codec<Out | undefined, In | undefined>;
export function optional(codec: AnyCodec): AnyCodec {
  return isOrdered(codec) ? new OptionalKeyCodec(codec) : new OptionalCodec(codec);
}
