/** Counts the keys of `KEY FILLER` lines; every key comes once, so that no combiner can help. */

import { defineJob, int, string, sum, text } from "sheaf";

const KEY_BYTES = 8;

export default defineJob({
  input: text({ as: "bytes" }),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    emit(line.slice(0, KEY_BYTES), 1);
  },
  combine: sum,
  reduce: sum,
});
