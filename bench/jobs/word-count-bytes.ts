/** Counts words without making strings: lines and words are views of the block they were read in. */

import { defineJob, int, string, sum, text, words } from "sheaf";

export default defineJob({
  input: text({ as: "bytes" }),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    emit.all(words(line), 1);
  },
  combine: sum,
  reduce: sum,
});
