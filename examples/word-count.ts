/**
 * Word count: how often each word occurs. A word is a longest run of letters, of any script; its
 * case is kept.
 *
 *     sheaf run examples/word-count.ts examples/data/notes -o out
 *
 * Puts out a word, a tab and its count on each line; the words of a part are sorted.
 */

import { defineJob, int, string, sum, text } from "sheaf";

export default defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    for (const word of line.match(/\p{L}+/gu) ?? []) emit(word, 1);
  },
  combine: sum,
  reduce: sum,
});
