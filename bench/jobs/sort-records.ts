/** Sorts records of 100 bytes by their first 10; the last byte is a newline, which the output adds. */

import { bytes, defineJob, fixedRecords, identity, range, textOutput } from "sheaf";

export default defineJob({
  input: fixedRecords({ bytes: 100 }),
  intermediate: { key: bytes(), value: bytes() },
  partition: range(),
  map(_position, record, emit) {
    emit(record.slice(0, 10), record.slice(0, 99));
  },
  reduce: identity,
  output: textOutput({ only: "values" }),
});
