/**
 * `array(codec)`: any number of values. Each stands in its inner form after a 1, and a 0 ends the
 * inner form of the whole, so that a shorter array sorts before a longer one that begins with it.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import { jsonText } from "../json-text.ts";
import type { AnyCodec, Codec, KeyCodec } from "./codec.ts";
import { corrupt, refused, truncated } from "./codec-error.ts";
import { isOrdered, nameOf, skipInner } from "./composite.ts";

const END = 0;
const ELEMENT = 1;

class ArrayCodec implements Codec<unknown[], readonly unknown[]> {
  readonly name: string;
  readonly #codec: AnyCodec;

  constructor(codec: AnyCodec) {
    this.name = nameOf("array", [codec]);
    this.#codec = codec;
  }

  write(writer: ByteWriter, value: readonly unknown[]): void {
    this.writeLast(writer, value);
    writer.writeByte(END);
  }

  read(reader: ByteReader): unknown[] {
    const values: unknown[] = [];
    while (this.#readMarker(reader) === ELEMENT) values.push(this.#codec.read(reader));
    return values;
  }

  skip(reader: ByteReader): void {
    while (this.#readMarker(reader) === ELEMENT) skipInner(this.#codec, reader);
  }

  writeLast(writer: ByteWriter, value: readonly unknown[]): void {
    if (!Array.isArray(value)) throw refused(this.name, value, "Emit an array.");
    for (let i = 0; i < value.length; i++) {
      writer.writeByte(ELEMENT);
      this.#codec.write(writer, value[i]);
    }
  }

  readLast(reader: ByteReader): unknown[] {
    const values: unknown[] = [];
    while (reader.position < reader.end) {
      if (this.#readMarker(reader) === END) throw corrupt(this.name, "it ends before its bytes do");
      values.push(this.#codec.read(reader));
    }
    return values;
  }

  writeText(writer: ByteWriter, reader: ByteReader): void {
    writer.writeText(jsonText(this.readLast(reader)));
  }

  #readMarker(reader: ByteReader): number {
    if (reader.position >= reader.end) throw truncated(this.name);
    const marker = reader.bytes[reader.position++]!;
    if (marker > ELEMENT) throw corrupt(this.name, `a marker of an element is ${marker}`);
    return marker;
  }
}

class ArrayKeyCodec extends ArrayCodec implements KeyCodec<unknown[], readonly unknown[]> {
  readonly ordered = true;
}

/**
 * Any number of values of `codec`, sorted element by element with a prefix first; a key codec if
 * `codec` is one. One byte more than the elements for each of them.
 *
 * In text outputs an array stands as JSON: bigints as decimal strings, bytes in base64, dates in
 * ISO 8601.
 *
 * @throws SheafError `VALUE_INVALID` when a value is not an array, or an element is not of `codec`.
 * @example
 * ```ts
 * import { array, defineJob, string, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: array(string()) },
 *   map: (position, line, emit) => emit(position.path, line.split(" ")),
 *   combine: (a, b) => [...a, ...b],
 *   reduce(_path, lists, emit) {
 *     emit([...new Set([...lists].flat())].sort());
 *   },
 * });
 * ```
 */
export function array<Out, In>(codec: KeyCodec<Out, In>): KeyCodec<Out[], readonly In[]>;
export function array<Out, In>(codec: Codec<Out, In>): Codec<Out[], readonly In[]>;
export function array(codec: AnyCodec): AnyCodec {
  return isOrdered(codec) ? new ArrayKeyCodec(codec) : new ArrayCodec(codec);
}
