/** Sends every number to one key; the reduce function reads them lazily and notes their order. */

import { defineJob, int, string, text } from "sheaf";

export default defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  result: string(),
  map(_position, line, emit) {
    emit("all", Number.parseInt(line, 10));
  },
  reduce(_key, values, emit) {
    let count = 0;
    let digest = 0;
    for (const value of values) {
      count++;
      digest = (Math.imul(digest, 31) + value) | 0;
    }
    emit(`${count} values, digest ${digest}`);
  },
});
