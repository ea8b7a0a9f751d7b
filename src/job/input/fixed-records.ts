/**
 * The input format of records of one length, as in sort benchmarks and binary dumps.
 */

import type { ByteView } from "../../base/byte-view.ts";
import { SheafError } from "../../base/error.ts";
import { byteCount, checkNames } from "../format-options.ts";
import { FixedRecordReader } from "./fixed-record-reader.ts";
import type { InputFormat, Position } from "./input.ts";
import { READING } from "./open-source.ts";

/** Options of `fixedRecords()`. */
export interface FixedRecordsOptions {
  /** The length of a record, 256 MB at the most. */
  readonly bytes: number;
}

/**
 * Reads records of a fixed length, keyed by their position. A record is a {@link ByteView} of the
 * block it was read in, valid only during the call of `map`. Splits of any size begin and end at
 * records. Files ending in `.gz` or `.zst` are decompressed.
 *
 * Bad records: `RECORD_INVALID` for what is left at the end of a file that is no multiple of
 * `bytes`.
 *
 * @throws SheafError `JOB_INVALID` for a length that cannot be.
 * @example
 * ```ts
 * import { bytes, defineJob, fixedRecords, identity } from "sheaf";
 *
 * // Sorts records by their first ten bytes.
 * export default defineJob({
 *   input: fixedRecords({ bytes: 100 }),
 *   intermediate: { key: bytes(), value: bytes() },
 *   map(_position, record, emit) {
 *     emit(record.slice(0, 10), record.slice(10));
 *   },
 *   reduce: identity,
 * });
 * ```
 */
export function fixedRecords(options: FixedRecordsOptions): InputFormat<Position, ByteView> {
  const recordBytes = byteCount("fixedRecords()", "bytes", options?.bytes, 0);
  if (recordBytes === 0) {
    throw new SheafError(
      "JOB_INVALID",
      "fixedRecords() needs a length: fixedRecords({ bytes: 100 }).",
    );
  }
  checkNames("fixedRecords()", options, ["bytes"]);
  return {
    name: `fixedRecords({ bytes: ${recordBytes} })`,
    splittable: true,
    open: (split) => new FixedRecordReader(split, recordBytes, READING),
  };
}
