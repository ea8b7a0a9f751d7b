import { expect, test } from "vitest";
import { int } from "../codec/int.ts";
import { string } from "../codec/string.ts";
import { sum } from "../functions.ts";
import { defineJob } from "../job.ts";
import { outputOf } from "../pipeline.ts";
import { located } from "./located.ts";
import { text } from "./text.ts";

const lengths = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map: (_position, line, emit) => emit(line, line.length),
  reduce: sum,
});

test("located() is the format that it is given, in all but where its input is", () => {
  const format = text({ matching: /x/ });
  const locate = () => ["h1"];
  expect(located(format, locate)).toEqual({ ...format, locate });
});

test.each<[() => unknown, string]>([
  [() => located("in" as never, () => []), "located() takes an input format such as text(), and"],
  [() => located(undefined as never, () => []), "located() takes an input format such as text()"],
  [
    () => located(text(), ["h1"] as never),
    "located(text(), ...) takes a function that names hosts",
  ],
  [() => located(outputOf(lengths), () => []), "is about files, and outputOf(...) reads none."],
])("located() refuses what it cannot be about: %o", (call, message) => {
  expect(call).toThrow(
    expect.objectContaining({ code: "JOB_INVALID", message: expect.stringContaining(message) }),
  );
});
