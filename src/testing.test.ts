/** What the compiler would have said of the options of `testJob`, or could not have said. */

import { expect, test } from "vitest";
import { int } from "./job/codec/int.ts";
import { string } from "./job/codec/string.ts";
import { text } from "./job/input/text.ts";
import { type AnyJob, defineJob } from "./job/job.ts";
import { testJob } from "./testing.ts";

const job = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map: (_position, line, emit) => emit(line, 1),
  reduce: (_key, _values, emit) => emit(1),
});

test.each([
  [undefined, "testJob takes options, such as { input: [...] } or { records: [...] }."],
  [{ inputs: ["a"] }, 'testJob has no option "inputs". Did you mean "input"?'],
  [{}, "testJob takes input, which is a list of values, or records, a list of [key, value]."],
  [{ input: "a line" }, "testJob takes a list as its input, not one text: input: ['a line']."],
  [{ input: 5 }, "testJob takes a list as its input, not 5."],
  [{ records: "ab" }, "testJob takes a list as its records, not 'ab'."],
  [{ input: ["a"], partitions: 0 }, "partitions is 0; it must be a whole number, 1 or more."],
])("testJob refuses %o", async (options, message) => {
  await expect(testJob(job, options as never)).rejects.toThrow(
    expect.objectContaining({ code: "USAGE", message }),
  );
});

test.each([undefined, {}, text()])("testJob refuses %o as a job", async (none) => {
  await expect(testJob(none as unknown as AnyJob, { input: [] } as never)).rejects.toThrow(
    "testJob takes what defineJob or pipeline returns.",
  );
});
