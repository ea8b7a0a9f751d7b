/** Tells for every word the files that hold it, sorted. Files are small: a record each. */

import { defineJob, files, string, words } from "sheaf";

export default defineJob({
  input: files(),
  intermediate: { key: string(), value: string() },
  map(path, content, emit) {
    const seen = new Set<string>();
    for (const word of words(content)) seen.add(word);
    for (const word of seen) emit(word, path);
  },
  reduce(_word, paths, emit) {
    emit([...paths].sort().join(","));
  },
});
