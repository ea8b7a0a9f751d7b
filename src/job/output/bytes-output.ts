/**
 * Output of bytes: the values in a row and nothing else, for formats that are neither lines nor
 * JSON. The bytes go from the merge to the part without being decoded.
 */

import { checkNames } from "../format-options.ts";
import {
  type BuiltinOutput,
  builtinOutput,
  compressionOf,
  type OutputCodecs,
  type RecordFormatter,
} from "./output.ts";

const NAME = "bytesOutput()";

/** Options of `bytesOutput`. */
export interface BytesOutputOptions {
  /** Compress the parts: `part-00000.gz`. */
  readonly gzip?: boolean;
}

/**
 * Writes the values one after the other, with nothing between them and without the keys. A value of
 * `bytes()` is written as it is, at no more cost than a copy; one of another codec is the text that
 * `textOutput()` would write.
 *
 * @throws SheafError `JOB_INVALID` for an unknown option.
 * @example
 * ```ts
 * import { bytes, bytesOutput, defineJob, fixedRecords, identity, range } from "sheaf";
 *
 * // Sorts records of 100 bytes by their first 10.
 * export default defineJob({
 *   input: fixedRecords({ bytes: 100 }),
 *   intermediate: { key: bytes(), value: bytes() },
 *   partition: range(),
 *   map: (_position, record, emit) => emit(record.slice(0, 10), record),
 *   reduce: identity,
 *   output: bytesOutput(),
 * });
 * ```
 */
export function bytesOutput<K, V>(options: BytesOutputOptions = {}): BuiltinOutput<K, V> {
  checkNames(NAME, options, ["gzip"]);
  return builtinOutput({
    name: NAME,
    compression: compressionOf(NAME, options),
    formatter: valuesAlone,
  });
}

function valuesAlone<K, V>({ value }: OutputCodecs<K, V>): RecordFormatter {
  return {
    write(part, _keyReader, valueReader) {
      value.writeText(part, valueReader);
    },
  };
}
