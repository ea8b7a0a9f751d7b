/**
 * Top N: the words that are the most frequent, in two steps: word count, and a job that reads its
 * counts, sorted, and stops after N.
 *
 *     sheaf run examples/top-n.ts examples/data/notes -o out --param n=5
 *
 * Puts out a word, a tab and its count on each line, the most frequent first and equally frequent
 * ones sorted.
 */

import {
  defineJob,
  grouped,
  int,
  nothing,
  outputOf,
  pipeline,
  string,
  textOutput,
  tuple,
} from "sheaf";
import * as v from "valibot";
import wordCount from "./word-count.ts";

const top = defineJob({
  params: v.strictObject({
    n: v.optional(v.pipe(v.unknown(), v.toNumber(), v.integer(), v.minValue(1)), 10),
  }),
  input: outputOf(wordCount),
  // One group of everything, within it sorted by falling count and then by word.
  intermediate: {
    key: grouped(nothing(), tuple(int(), string())),
    value: tuple(string(), int()),
  },
  map(word, count, emit) {
    emit([undefined, [-count, word]], [word, count]);
  },
  reduce(_all, words, emit, { params }) {
    let left = params.n;
    for (const word of words) {
      emit(word);
      if (--left === 0) break;
    }
  },
  output: textOutput({ only: "values" }),
});

export default pipeline(wordCount).step(top);
