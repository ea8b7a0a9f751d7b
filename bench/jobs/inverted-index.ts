/** Tells for every word the files that hold it, sorted. Files are small: a record each. */

import { defineJob, distinctWords, files, string } from "sheaf";

export default defineJob({
  input: files(),
  intermediate: { key: string(), value: string() },
  map(path, content, emit) {
    for (const word of distinctWords(content)) emit(word, path);
  },
  reduce(_word, paths, emit) {
    emit([...paths].sort().join(","));
  },
});
