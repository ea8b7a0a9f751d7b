/** Counts words without making strings: lines and words are views of the block they were read in. */

import { defineJob, int, string, sum, text, words } from "sheaf";

export default defineJob({
  input: text({ as: "bytes" }),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    for (const word of words(line)) emit(word, 1);
  },
  combine: sum,
  reduce: sum,
});
