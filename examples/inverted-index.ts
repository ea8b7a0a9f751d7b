/**
 * Inverted index: for each word, the files that hold it.
 *
 *     sheaf run examples/inverted-index.ts examples/data/notes -o out
 *
 * Puts out a word, a tab and the distinct files that hold it, as their paths below the input folder,
 * sorted, with commas between. Words are runs of letters, of any script; their case is kept.
 */

import { defineJob, files, string } from "sheaf";

export default defineJob({
  input: files(),
  intermediate: { key: string(), value: string() },
  map(path, document, emit) {
    for (const word of new Set(document.match(/\p{L}+/gu))) emit(word, path);
  },
  reduce(_word, paths, emit) {
    emit([...new Set(paths)].sort().join(","));
  },
});
