/**
 * Tf-idf: how much each word tells about each file, in two steps. It is how often the word occurs
 * in the file, times ln(all files / files that hold the word).
 *
 *     sheaf run examples/tf-idf.ts examples/data/notes -o out
 *
 * Puts out a word, a file and the weight on each line, with tabs between. Words are runs of letters
 * in lower case.
 */

import { defineJob, files, float, int, outputOf, pipeline, string, sum, tuple } from "sheaf";

/** How often each file holds each word, and how many files there are. */
const counts = defineJob({
  input: files(),
  intermediate: { key: tuple(string(), string()), value: int() },
  map(path, document, emit, { count }) {
    count("files");
    for (const [word] of document.matchAll(/\p{L}+/gu)) emit([word.toLowerCase(), path], 1);
  },
  combine: sum,
  reduce: sum,
});

const weights = defineJob({
  input: outputOf(counts),
  intermediate: { key: string(), value: tuple(string(), int()) },
  result: tuple(string(), float()),
  map([word, path], count, emit) {
    emit(word, [path, count]);
  },
  reduce(_word, files, emit, { previous }) {
    const counts = [...files];
    const idf = Math.log(previous.files! / counts.length);
    for (const [path, count] of counts) emit([path, count * idf]);
  },
});

export default pipeline(counts).step(weights);
