/** Prints the lines that match `--param pattern=REGEX`, in input order (with one partition). */

import { defineJob, identity, int, string, text, textOutput, tuple } from "sheaf";
import * as v from "valibot";

export default defineJob({
  params: v.object({
    pattern: v.pipe(
      v.string(),
      v.transform((source) => new RegExp(source)),
    ),
  }),
  input: ({ pattern }) => text({ matching: pattern }),
  intermediate: { key: tuple(int(), int()), value: string() },
  map({ fileIndex, offset }, line, emit) {
    emit([fileIndex, offset], line);
  },
  reduce: identity,
  output: textOutput({ only: "values" }),
});
