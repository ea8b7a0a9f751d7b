/**
 * Sort: lines, or with `--param format=records` records of 100 bytes by their first 10.
 *
 *     sheaf run examples/sort.ts examples/data/access_log -o out -R 2
 *
 * Puts out the same lines or records; the parts in order are what `LC_ALL=C sort` prints. Records
 * with equal keys stay in the order of the input.
 */

import {
  bytes,
  defineJob,
  fixedRecords,
  identity,
  type OutputFormat,
  range,
  text,
  textOutput,
} from "sheaf";
import * as v from "valibot";

/** The bytes of key and value in a row, with nothing between or after them. */
const asTheyAre: OutputFormat<Uint8Array, Uint8Array> = {
  name: "asTheyAre",
  compression: "none",
  formatter: ({ key, value }) => ({
    write(part, keyReader, valueReader) {
      key.writeText(part, keyReader);
      value.writeText(part, valueReader);
    },
  }),
};

export default defineJob({
  params: v.strictObject({ format: v.optional(v.picklist(["lines", "records"]), "lines") }),
  // Bytes, not text, and all of them: a line may be invalid UTF-8, or end in a CR.
  input: ({ format }) =>
    format === "lines" ? text({ as: "bytes", exact: true }) : fixedRecords({ bytes: 100 }),
  intermediate: { key: bytes(), value: bytes() },
  partition: range(),
  map(_position, record, emit, { params }) {
    const keyBytes = params.format === "lines" ? record.length : 10;
    emit(record.slice(0, keyBytes), record.slice(keyBytes));
  },
  reduce: identity,
  output: ({ format }) => (format === "lines" ? textOutput({ only: "keys" }) : asTheyAre),
});
