/** Sorts records of 100 bytes by their first 10. */

import { bytes, bytesOutput, defineJob, fixedRecords, identity, range } from "sheaf";

export default defineJob({
  input: fixedRecords({ bytes: 100 }),
  intermediate: { key: bytes(), value: bytes() },
  partition: range(),
  map(_position, record, emit) {
    emit(record.slice(0, 10), record);
  },
  reduce: identity,
  output: bytesOutput(),
});
