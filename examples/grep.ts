/**
 * Grep: the lines that match a pattern, which is a JavaScript regular expression with the flags s and u.
 *
 *     sheaf run examples/grep.ts examples/data/access_log -o out --param 'pattern=" 50\d '
 *
 * Puts out the matching lines as they are. The parts in order hold them in the order of the input,
 * so all of them together are what `grep -hE` prints.
 */

import { defineJob, identity, int, range, string, text, textOutput, tuple } from "sheaf";
import * as v from "valibot";

const pattern = v.pipe(
  v.string(),
  v.transform((source) => new RegExp(source, "su")),
);

export default defineJob({
  params: v.strictObject({ pattern }),
  // As grep reads: a CR at the end of a line is part of it. Other lines never reach map.
  input: ({ pattern }) => text({ exact: true, matching: pattern }),
  // The place of a line is its key: sorting by it keeps the input's order.
  intermediate: { key: tuple(int(), int()), value: string() },
  partition: range(),
  map({ fileIndex, offset }, line, emit) {
    emit([fileIndex, offset], line);
  },
  reduce: identity,
  output: textOutput({ only: "values" }),
});
