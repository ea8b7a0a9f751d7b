/** Counts words the plain way: lines as strings, words between single spaces. */

import { defineJob, int, string, sum, text, words } from "sheaf";

export default defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    for (const word of words(line)) emit(word, 1);
  },
  combine: sum,
  reduce: sum,
});
