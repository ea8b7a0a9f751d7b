/**
 * Inverted index: for each word, the files that hold it.
 *
 *     sheaf run examples/inverted-index.ts examples/data/notes -o out
 *
 * Puts out a word, a tab and the distinct files that hold it: their paths below the input folder,
 * sorted, with commas between. Words are runs of letters, of any script; their case is kept.
 */

import { compareUtf8, defineJob, string, text } from "sheaf";

export default defineJob({
  input: text(),
  intermediate: { key: string(), value: string() },
  map({ path }, line, emit) {
    for (const word of line.match(/\p{L}+/gu) ?? []) emit(word, path);
  },
  // A path that a word already has need not travel again.
  combine: {
    reduce(_word, paths, emit) {
      for (const path of new Set(paths)) emit(path);
    },
  },
  reduce(_word, paths, emit) {
    emit([...new Set(paths)].sort(compareUtf8).join(","));
  },
});
