/** What the compiler would have said of a pipeline's jobs, for modules that it did not see. */

import { expect, test } from "vitest";
import { int } from "./codec/int.ts";
import { string } from "./codec/string.ts";
import { text } from "./input/text.ts";
import { type AnyJob, defineJob } from "./job.ts";
import { outputOf, pipeline } from "./pipeline.ts";

const job = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map: (_position, line, emit) => emit(line, 1),
  reduce: (_key, _values, emit) => emit(1),
});

test.each<[string, (none: never) => unknown]>([
  ["pipeline()", (none) => pipeline(none)],
  [".step()", (none) => pipeline(job as AnyJob).step(none)],
  [".repeat()", (none) => pipeline(job as AnyJob).repeat(none, { times: 2 })],
  ["outputOf()", (none) => outputOf(none)],
])("%s refuses what is no job", (call, make) => {
  for (const [value, words] of [
    [undefined, "undefined"],
    [{ map() {} }, "{ map: [Function: map] }"],
    [pipeline(job), "a pipeline"],
  ] as const) {
    expect(() => make(value as never)).toThrow(
      expect.objectContaining({
        code: "JOB_INVALID",
        message: `${call} takes a job, which is what defineJob() returns, not ${words}.`,
      }),
    );
  }
});

test(".repeat() refuses to be told nothing of how often", () => {
  const repeat = () => pipeline(job as AnyJob).repeat(job as AnyJob, undefined as never);
  expect(repeat).toThrow(".repeat() takes how often the job runs: .repeat(job, { times: 10 }).");
});
