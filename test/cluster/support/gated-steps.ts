/**
 * A pipeline whose second step repeats, and waits at a gate the first time: counts of words are halved
 * until none is above a limit, which is before the repetition would end by itself. So runs go from maps
 * to reduces, from step to step, and in the end are only written out.
 */

import { jobFile } from "../../integration/support/run-folder.ts";

/** The source of the job; `pass` is the code that a gated function calls. See `GatedJob`. */
export function gatedSteps(pass: string): string {
  return jobFile({
    before: `${pass}
const passOnce = (context) => { if (context.previous.large === undefined) pass(context); };
const count = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    for (const word of line.match(/\\p{L}+/gu) ?? []) emit(word, 1);
  },
  reduce: sum,
});
const halve = defineJob({
  input: outputOf(count),
  intermediate: { key: string(), value: int() },
  map(word, number, emit, context) {
    passOnce(context);
    const half = Math.floor(number / 2);
    if (half > 100) context.count("large");
    emit(word, half);
  },
  reduce(_word, numbers, emit, context) {
    passOnce(context);
    for (const number of numbers) emit(number);
  },
});
export default pipeline(count).repeat(halve, {
  times: 9,
  until: ({ counters }) => (counters.large ?? 0) === 0,
});
/*`,
    definition: "",
  }).replace(/\n$/, "*/\n");
}
