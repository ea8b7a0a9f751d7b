/**
 * NDJSON output: one JSON document a line. Line breaks inside texts are escaped by JSON, so a
 * record is always exactly one line.
 */

import { jsonText } from "../json-text.ts";
import {
  type BuiltinOutput,
  builtinOutput,
  checkFieldOptions,
  compressionOf,
  type OutputCodecs,
  type RecordFormatter,
} from "./output.ts";

const NAME = "ndjsonOutput()";
const LINE_FEED = 10;

/** Options of `ndjsonOutput`: which fields to write, or a function that makes the document. */
export type NdjsonOutputOptions<K, V> = NdjsonFields | NdjsonRecord<K, V>;

/** Writes the key and the value, or one of them. */
export interface NdjsonFields {
  /** Write this field alone, not within an object. */
  readonly only?: "keys" | "values";
  /** Compress the parts: `part-00000.gz`. */
  readonly gzip?: boolean;
  readonly record?: undefined;
}

/** Writes documents of the job's own making. */
export interface NdjsonRecord<K, V> {
  /** The document of a record: anything that JSON can hold. */
  readonly record: (key: K, value: V) => unknown;
  /** Compress the parts: `part-00000.gz`. */
  readonly gzip?: boolean;
  readonly only?: undefined;
}

/**
 * Writes each record as one line of JSON: `{"key":...,"value":...}`, one of the two, or what
 * `record` returns.
 *
 * Values that JSON has no form for: a bigint is written as a string of digits, bytes as base64, a
 * Date as ISO 8601, a Set as an array, a Map as an array of pairs; undefined, NaN and the
 * infinities as null.
 *
 * @throws SheafError `JOB_INVALID` for an unknown option, or for `only` together with `record`.
 * @example
 * ```ts
 * import { defineJob, int, ndjsonOutput, string, sum, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, line, emit) {
 *     emit(line, 1);
 *   },
 *   reduce: sum,
 *   output: ndjsonOutput({ record: (line, count) => ({ line, count }) }),
 * });
 * ```
 */
export function ndjsonOutput<K, V>(options: NdjsonOutputOptions<K, V> = {}): BuiltinOutput<K, V> {
  checkFieldOptions(NAME, options, "record");
  return builtinOutput({
    name: NAME,
    compression: compressionOf(NAME, options),
    formatter(codecs) {
      const { record, only } = options;
      if (record !== undefined) return documents(codecs, (k, v) => jsonText(record(k, v)));
      if (only === "keys") return documents(codecs, (k) => jsonText(k));
      if (only === "values") return documents(codecs, (_k, v) => jsonText(v));
      return documents(codecs, (k, v) => `{"key":${jsonText(k)},"value":${jsonText(v)}}`);
    },
  });
}

function documents<K, V>(
  { key, value }: OutputCodecs<K, V>,
  textOf: (key: K, value: V) => string,
): RecordFormatter {
  return {
    write(part, keyReader, valueReader) {
      part.writeText(textOf(key.readLast(keyReader), value.readLast(valueReader)));
      part.writeByte(LINE_FEED);
    },
  };
}
