/**
 * A job whose last step repeats: it halves numbers until their sum is within a limit.
 */

import { defineJob, int, outputOf, pipeline, string, sum, text } from "sheaf";
import * as v from "valibot";

const lengths = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit, { count }) {
    count("lines");
    emit(line, line.length);
  },
  reduce: sum,
});

const halve = defineJob({
  params: v.object({ limit: v.pipe(v.unknown(), v.toNumber()) }),
  input: outputOf(lengths),
  intermediate: { key: string(), value: int() },
  map(line, number, emit, { count }) {
    const half = Math.floor(number / 2);
    count("sum", half);
    if (half === 0) count("zeros");
    emit(line, half);
  },
  reduce: sum,
});

export default pipeline(lengths).repeat(halve, {
  times: 6,
  until: ({ counters, params }) => counters.sum! <= params.limit,
});
