/**
 * What a codec is: the wire format of a key or a value, and through it the type that the compiler
 * sees. Everything below the codecs sorts, merges and partitions bytes and knows no types.
 *
 * What always holds: `read` gives back what `write` took; for a key codec, comparing the bytes of
 * two values compares the values, in both forms.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";

/**
 * The wire format of values of type `Out`; `In` is what `emit` accepts for it: `Out`, or wider.
 * Jobs use codecs that `string()`, `int()` and the others return, and call none of their methods.
 *
 * Each value has two forms. The *inner* form is self-delimiting, so that other fields may follow
 * it. The *last* form ends where the record's key or value ends, and needs no terminator.
 */
export interface Codec<Out, In = Out> {
  /** How the codec is written in a job, for messages: `tuple(string(), int())`. */
  readonly name: string;
  /**
   * Appends the inner form. Throws `VALUE_INVALID` for a value it cannot carry; the writer may then
   * hold part of it, so the caller goes back to where it was.
   */
  write(writer: ByteWriter, value: In): void;
  /** Reads one inner form and moves past it. Throws `REGION_CORRUPT` for bytes it did not write. */
  read(reader: ByteReader): Out;
  /** Moves past one inner form as `read` does, but makes no value. Absent where `read` is cheap. */
  skip?(reader: ByteReader): void;
  /** Appends the last form. */
  writeLast(writer: ByteWriter, value: In): void;
  /** Reads the last form: everything up to `reader.end`. */
  readLast(reader: ByteReader): Out;
  /** Set where a `ByteView` may be emitted and its bytes are its last form: no copy is needed. */
  readonly takesViews?: true;
  /** Set where a string may be emitted and its UTF-8 is its last form. */
  readonly takesText?: true;
  /** Set for codecs of numbers, whose values the engine may fold without decoding. */
  readonly numeric?: "int" | "float";
  /** Appends the value, read in its last form from `reader`, as a text output shows it. */
  writeText(writer: ByteWriter, reader: ByteReader): void;
}

/**
 * A codec whose bytes sort as its values do, so that it may carry keys. All codecs are but
 * `json()`, `structured()` and what is made of them.
 */
export interface KeyCodec<Out, In = Out> extends Codec<Out, In> {
  readonly ordered: true;
  /**
   * Moves `reader` past the part of an encoded key that groups and partitions it. Absent where that
   * is the whole key; `grouped()` has it.
   */
  readonly skipGroup?: (reader: ByteReader) => void;
}

/**
 * The type that a codec reads: what `reduce` is given.
 *
 * @example
 * ```ts
 * import { type Decoded, int, string, tuple } from "sheaf";
 *
 * const reading = tuple(string(), int());
 *
 * // [string, number]
 * type Reading = Decoded<typeof reading>;
 *
 * function warmer(a: Reading, b: Reading): Reading {
 *   return a[1] > b[1] ? a : b;
 * }
 * ```
 */
export type Decoded<C> = C extends Codec<infer Out, infer _In> ? Out : never;
/** The type that `emit` accepts for a codec; see `Decoded`. */
export type Encodable<C> = C extends Codec<infer _Out, infer In> ? In : never;

/** Any codec, where the type it carries is of no interest. */
// biome-ignore lint/suspicious/noExplicitAny: a codec is invariant, so only `any` names them all.
export type AnyCodec = Codec<any, any>;
/** Any key codec, where the type it carries is of no interest. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type AnyKeyCodec = KeyCodec<any, any>;
