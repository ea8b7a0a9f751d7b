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
  bytesOutput,
  defineJob,
  fixedRecords,
  identity,
  range,
  text,
  textOutput,
} from "sheaf";
import * as v from "valibot";

export default defineJob({
  params: v.strictObject({ format: v.optional(v.picklist(["lines", "records"]), "lines") }),
  // Bytes, not text, and all of them: a line may be invalid UTF-8, or end in a CR.
  input: ({ format }) =>
    format === "lines" ? text({ as: "bytes", exact: true }) : fixedRecords({ bytes: 100 }),
  intermediate: { key: bytes(), value: bytes() },
  partition: range(),
  map(_position, record, emit, { params }) {
    // A line is all key; a record follows its key as a whole.
    if (params.format === "lines") emit(record, record.slice(0, 0));
    else emit(record.slice(0, 10), record);
  },
  reduce: identity,
  output: ({ format }) => (format === "lines" ? textOutput({ only: "keys" }) : bytesOutput()),
});
