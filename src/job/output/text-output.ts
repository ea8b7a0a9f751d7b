/**
 * Text output: one record a line, `KEY<TAB>VALUE` unless the job says otherwise. The lines are made
 * from the encoded bytes; only a custom line decodes its key and value.
 */

import { SheafError } from "../../base/error.ts";
import {
  type BuiltinOutput,
  builtinOutput,
  checkFieldOptions,
  compressionOf,
  type OutputCodecs,
  type RecordFormatter,
} from "./output.ts";

const NAME = "textOutput()";
const TAB = 9;
const LINE_FEED = 10;

/** Options of `textOutput`: which fields to write, or a function that makes the line. */
export type TextOutputOptions<K, V> = TextFields | TextLine<K, V>;

/** Writes the key, the value or both, as their codecs show them. */
export interface TextFields {
  /** Write this field alone; both, with a tab between, unless given. */
  readonly only?: "keys" | "values";
  /** Compress the parts: `part-00000.gz`. */
  readonly gzip?: boolean;
  readonly line?: undefined;
}

/** Writes lines of the job's own making. */
export interface TextLine<K, V> {
  /** The text of a record, without the line feed that ends it. */
  readonly line: (key: K, value: V) => string;
  /** Compress the parts: `part-00000.gz`. */
  readonly gzip?: boolean;
  readonly only?: undefined;
}

/**
 * Writes each record as a line of UTF-8 text that ends in a line feed: `KEY<TAB>VALUE`, one of the
 * two, or what `line` returns. The default of a job that names no output.
 *
 * Text is written as it is: a key or a value that holds a tab or a line break is not escaped, so
 * such a record takes several lines. Use `ndjsonOutput()` where that may happen.
 *
 * @throws SheafError `JOB_INVALID` for an unknown option, or for `only` together with `line`.
 * @example
 * ```ts
 * import { defineJob, int, string, sum, text, textOutput } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, line, emit) {
 *     emit(line, 1);
 *   },
 *   reduce: sum,
 *   output: textOutput({ line: (key, value) => `${value.toFixed(0).padStart(7)} ${key}` }),
 * });
 * ```
 */
export function textOutput<K, V>(options: TextOutputOptions<K, V> = {}): BuiltinOutput<K, V> {
  checkFieldOptions(NAME, options, "line");
  return builtinOutput({
    name: NAME,
    compression: compressionOf(NAME, options),
    formatter(codecs) {
      if (options.line !== undefined) return customLines(codecs, options.line);
      if (options.only === "keys") return keyLines(codecs);
      if (options.only === "values") return valueLines(codecs);
      return keyValueLines(codecs);
    },
  });
}

function keyValueLines<K, V>({ key, value }: OutputCodecs<K, V>): RecordFormatter {
  return {
    write(part, keyReader, valueReader) {
      key.writeText(part, keyReader);
      part.writeByte(TAB);
      value.writeText(part, valueReader);
      part.writeByte(LINE_FEED);
    },
  };
}

function keyLines<K, V>({ key }: OutputCodecs<K, V>): RecordFormatter {
  return {
    write(part, keyReader) {
      key.writeText(part, keyReader);
      part.writeByte(LINE_FEED);
    },
  };
}

function valueLines<K, V>({ value }: OutputCodecs<K, V>): RecordFormatter {
  return {
    write(part, _keyReader, valueReader) {
      value.writeText(part, valueReader);
      part.writeByte(LINE_FEED);
    },
  };
}

function customLines<K, V>(
  { key, value }: OutputCodecs<K, V>,
  line: (key: K, value: V) => string,
): RecordFormatter {
  return {
    write(part, keyReader, valueReader) {
      const text: unknown = line(key.readLast(keyReader), value.readLast(valueReader));
      if (typeof text !== "string") {
        throw new SheafError(
          "VALUE_INVALID",
          `textOutput({ line }): the function returned ${typeof text}; it must return a string.`,
        );
      }
      part.writeText(text);
      part.writeByte(LINE_FEED);
    },
  };
}
