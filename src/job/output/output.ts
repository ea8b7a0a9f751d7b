/**
 * What an output is: the bytes of one record in a part file, and whether the part is compressed.
 * Writing, naming and committing parts is the task layer's business.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import { SheafError } from "../../base/error.ts";
import type { Codec } from "../codec/codec.ts";
import { checkNames, flag, oneOf } from "../format-options.ts";

/**
 * Appends one record, read from the encoded key and value, to a part. When it throws, it may have
 * appended a piece of the record: whoever goes on after that sets `part.position` back.
 */
export interface RecordFormatter {
  write(part: ByteWriter, key: ByteReader, value: ByteReader): void;
}

/** The codecs of the records that a format writes. */
export interface OutputCodecs<K, V> {
  readonly key: Codec<K, never>;
  readonly value: Codec<V, never>;
}

/**
 * A format of output for records of type (K, V): what `textOutput()`, `ndjsonOutput()` and
 * `bytesOutput()` return. A job may bring one of its own.
 *
 * @example
 * ```ts
 * import { bytes, defineJob, fixedRecords, identity, type OutputFormat, range } from "sheaf";
 *
 * // The bytes of key and value in a row, with nothing between or after them.
 * const asTheyAre: OutputFormat<Uint8Array, Uint8Array> = {
 *   name: "asTheyAre",
 *   compression: "none",
 *   formatter: ({ key, value }) => ({
 *     write(part, keyReader, valueReader) {
 *       key.writeText(part, keyReader);
 *       value.writeText(part, valueReader);
 *     },
 *   }),
 * };
 *
 * export default defineJob({
 *   input: fixedRecords({ bytes: 100 }),
 *   intermediate: { key: bytes(), value: bytes() },
 *   partition: range(),
 *   map: (_position, record, emit) => emit(record.slice(0, 10), record.slice(10)),
 *   reduce: identity,
 *   output: asTheyAre,
 * });
 * ```
 */
export interface OutputFormat<K, V> {
  /** How it is written in a job, for messages: `textOutput()`. */
  readonly name: string;
  /** How parts are compressed; with gzip they are named `part-00000.gz`. */
  readonly compression: "none" | "gzip";
  /** Binds the format to the job's codecs; called once per attempt. */
  formatter(codecs: OutputCodecs<K, V>): RecordFormatter;
}

/**
 * What `textOutput()` and the others return: a format that may also stand where a function of the
 * params may. Called, it gives itself.
 *
 * The call signature is there for the compiler. It makes TypeScript infer a job's key and value
 * before it looks into `textOutput({ line: (key, value) => ... })`, so that both have their types.
 */
export interface BuiltinOutput<K, V> extends OutputFormat<K, V> {
  (params: unknown): OutputFormat<K, V>;
}

/** Makes a format of ours callable; see `BuiltinOutput`. */
export function builtinOutput<K, V>(format: OutputFormat<K, V>): BuiltinOutput<K, V> {
  const { name, compression } = format;
  const callable = Object.assign((): OutputFormat<K, V> => format, {
    compression,
    formatter: (codecs: OutputCodecs<K, V>) => format.formatter(codecs),
  });
  return Object.freeze(Object.defineProperty(callable, "name", { value: name, enumerable: true }));
}

/** Refuses what `textOutput` and `ndjsonOutput` do not take: `only`, or a function in its place. */
export function checkFieldOptions(
  call: string,
  options: object,
  functionField: "line" | "record",
): void {
  checkNames(call, options, ["gzip", "only", functionField]);
  const fields = options as {
    readonly only?: "keys" | "values";
    readonly line?: unknown;
    readonly record?: unknown;
  };
  oneOf(call, "only", fields.only, ["keys", "values"]);
  const made = fields[functionField];
  if (made === undefined) return;
  if (typeof made !== "function") {
    throw invalid(call, `"${functionField}" must be a function of (key, value).`);
  }
  if (fields.only !== undefined) {
    throw invalid(call, `"only" and "${functionField}" exclude each other; leave one out.`);
  }
}

/** What `gzip` says, once it is known to say something. */
export function compressionOf(
  call: string,
  { gzip }: { readonly gzip?: boolean },
): "none" | "gzip" {
  return flag(call, "gzip", gzip) ? "gzip" : "none";
}

function invalid(call: string, reason: string): SheafError {
  return new SheafError("JOB_INVALID", `${call}: ${reason}`);
}
