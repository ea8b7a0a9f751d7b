/**
 * `tuple(...codecs)`: a fixed number of fields, each of its own type. The fields stand one after
 * another in their inner forms; in the last form of a tuple, its last field has its last form too.
 *
 * What always holds: no inner form is the beginning of another one, so the first field that differs
 * decides how two tuples compare.
 */

import { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { AnyCodec, AnyKeyCodec, Codec, Decoded, Encodable, KeyCodec } from "./codec.ts";
import { expectEnd, refused } from "./codec-error.ts";
import { isOrdered, nameOf, skipInner } from "./composite.ts";

const TAB = 0x09;

class TupleCodec implements Codec<unknown[], readonly unknown[]> {
  readonly name: string;
  readonly #fields: readonly AnyCodec[];
  /** The fields before the last, and the last; a tuple of none has neither. */
  readonly #lastIndex: number;
  /** One field in its last form, on its way into text. */
  readonly #field = new ByteWriter(64);
  readonly #fieldReader = new ByteReader();

  constructor(fields: readonly AnyCodec[], name = nameOf("tuple", fields)) {
    this.name = name;
    this.#fields = fields;
    this.#lastIndex = fields.length - 1;
  }

  write(writer: ByteWriter, value: readonly unknown[]): void {
    this.#check(value);
    const fields = this.#fields;
    for (let i = 0; i < fields.length; i++) fields[i]!.write(writer, value[i]);
  }

  read(reader: ByteReader): unknown[] {
    const value: unknown[] = [];
    for (const field of this.#fields) value.push(field.read(reader));
    return value;
  }

  skip(reader: ByteReader): void {
    for (const field of this.#fields) skipInner(field, reader);
  }

  writeLast(writer: ByteWriter, value: readonly unknown[]): void {
    this.#check(value);
    const fields = this.#fields;
    const lastIndex = this.#lastIndex;
    for (let i = 0; i < lastIndex; i++) fields[i]!.write(writer, value[i]);
    if (lastIndex >= 0) fields[lastIndex]!.writeLast(writer, value[lastIndex]);
  }

  readLast(reader: ByteReader): unknown[] {
    const fields = this.#fields;
    const lastIndex = this.#lastIndex;
    const value: unknown[] = [];
    for (let i = 0; i < lastIndex; i++) value.push(fields[i]!.read(reader));
    if (lastIndex >= 0) value.push(fields[lastIndex]!.readLast(reader));
    else expectEnd(reader, this.name);
    return value;
  }

  writeText(writer: ByteWriter, reader: ByteReader): void {
    const fields = this.#fields;
    const lastIndex = this.#lastIndex;
    for (let i = 0; i < lastIndex; i++) {
      // Codecs make text of last forms only, so an inner one is written anew.
      const field = fields[i]!;
      this.#field.position = 0;
      field.writeLast(this.#field, field.read(reader));
      this.#fieldReader.reset(this.#field.bytes, 0, this.#field.position);
      field.writeText(writer, this.#fieldReader);
      writer.writeByte(TAB);
    }
    if (lastIndex >= 0) fields[lastIndex]!.writeText(writer, reader);
    else expectEnd(reader, this.name);
  }

  #check(value: readonly unknown[]): void {
    if (!Array.isArray(value) || value.length !== this.#fields.length) {
      throw refused(this.name, value, `Emit an array of ${this.#fields.length}.`);
    }
  }
}

/** A tuple of key codecs: what `grouped()` builds on. */
export class TupleKeyCodec extends TupleCodec implements KeyCodec<unknown[], readonly unknown[]> {
  readonly ordered = true;
}

/** The values that a tuple of these codecs reads. */
export type DecodedFields<Fields extends readonly AnyCodec[]> = {
  -readonly [Index in keyof Fields]: Decoded<Fields[Index]>;
};

/** The values that `emit` accepts for a tuple of these codecs. */
export type EncodableFields<Fields extends readonly AnyCodec[]> = {
  readonly [Index in keyof Fields]: Encodable<Fields[Index]>;
};

/**
 * A fixed number of fields, sorted by the first, then the second, and so on; a key codec if all of
 * the fields are. `tuple(string(), int())` carries `[string, number]`.
 *
 * In text outputs the fields are joined by tabs.
 *
 * @throws SheafError `VALUE_INVALID` when a value is not an array of as many fields, or a field is
 *   not of its codec.
 * @example
 * ```ts
 * import { defineJob, int, string, sum, text, tuple } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: tuple(string(), int()), value: int() },
 *   map: (position, line, emit) => emit([position.path, line.length], 1),
 *   reduce: sum,
 * });
 * ```
 */
export function tuple<Fields extends readonly AnyKeyCodec[]>(
  ...fields: Fields
): KeyCodec<DecodedFields<Fields>, EncodableFields<Fields>>;
export function tuple<Fields extends readonly AnyCodec[]>(
  ...fields: Fields
): Codec<DecodedFields<Fields>, EncodableFields<Fields>>;
export function tuple(...fields: AnyCodec[]): AnyCodec {
  return fields.every(isOrdered) ? new TupleKeyCodec(fields) : new TupleCodec(fields);
}
