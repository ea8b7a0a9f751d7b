/** Sorts lines by their bytes, as `LC_ALL=C sort` does. */

import { bytes, defineJob, identity, nothing, range, text, textOutput } from "sheaf";

export default defineJob({
  input: text({ as: "bytes", exact: true }),
  intermediate: { key: bytes(), value: nothing() },
  partition: range(),
  map(_position, line, emit) {
    emit(line, undefined);
  },
  reduce: identity,
  output: textOutput({ only: "keys" }),
});
