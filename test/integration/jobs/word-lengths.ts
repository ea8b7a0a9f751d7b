/** How many words have how many letters. */

import { defineJob, int, sum, text } from "sheaf";

export default defineJob({
  input: text(),
  intermediate: { key: int(), value: int() },
  map(_position, line, emit) {
    for (const word of line.match(/\p{L}+/gu) ?? []) emit(word.length, 1);
  },
  combine: sum,
  reduce: sum,
});
