/**
 * Output formats in a job, as the compiler sees them: `line` and `record` get their types from the
 * job, in whatever order its fields stand. Checked by tsc; never run.
 */

import type { Codec, KeyCodec } from "../../src/job/codec/codec.ts";
import { identity, sum } from "../../src/job/functions.ts";
import type { InputFormat } from "../../src/job/input/input.ts";
import { defineJob } from "../../src/job/job.ts";
import { bytesOutput } from "../../src/job/output/bytes-output.ts";
import { ndjsonOutput } from "../../src/job/output/ndjson-output.ts";
import type { OutputFormat } from "../../src/job/output/output.ts";
import { textOutput } from "../../src/job/output/text-output.ts";
import type { Schema } from "../../src/job/params.ts";

declare const text: () => InputFormat<number, string>;
declare const string: () => KeyCodec<string, string | Uint8Array>;
declare const int: () => KeyCodec<number>;
declare const date: () => Codec<Date>;
declare const schema: Schema<unknown, { digits: number }>;
declare const same: <A, B extends A>(b: B) => A extends B ? true : false;

const counts = {
  input: text(),
  intermediate: { key: string(), value: int() },
};

export const typesComeFromTheIntermediate = defineJob({
  ...counts,
  map: (_position, line, emit) => emit(line, 1),
  reduce: sum,
  output: textOutput({
    line(key, value) {
      same<string, typeof key>(key) satisfies true;
      same<number, typeof value>(value) satisfies true;
      return key + value;
    },
  }),
});

export const typesComeFromTheResultWhereThereIsOne = defineJob({
  ...counts,
  result: date(),
  map: (_position, line, emit) => emit(line, 1),
  reduce(_key, values, emit) {
    for (const value of values) emit(new Date(value));
  },
  output: ndjsonOutput({ record: (key, value) => [key.length, value.toISOString()] }),
});

export const theOrderOfTheFieldsIsFree = defineJob({
  output: textOutput({ gzip: true, line: (key, value) => key.padEnd(9) + value.toFixed(1) }),
  reduce(_key, values, emit) {
    for (const value of values) emit(value);
  },
  map: (_position, line, emit) => emit(line, 1),
  intermediate: { value: int(), key: string() },
  input: text(),
});

export const aFunctionOfTheParamsKnowsThemToo = defineJob({
  ...counts,
  params: schema,
  map: (_position, line, emit) => emit(line, 1),
  reduce: sum,
  output: (params) =>
    textOutput({ line: (key, value) => key.trim() + value.toFixed(params.digits) }),
});

export const formatsWithoutFunctionsFitAnyJob = [
  defineJob({ ...counts, map() {}, reduce: identity, output: textOutput() }),
  defineJob({ ...counts, map() {}, reduce: identity, output: textOutput({ only: "keys" }) }),
  defineJob({ ...counts, map() {}, reduce: identity, output: ndjsonOutput({ gzip: true }) }),
  defineJob({ ...counts, map() {}, reduce: identity, output: () => ndjsonOutput() }),
  defineJob({ ...counts, map() {}, reduce: identity, output: bytesOutput({ gzip: true }) }),
];

export const aFormatMayBeMadeOutsideTheJob: OutputFormat<string, number> = textOutput({
  line: (key: string, value: number) => key + value,
});

defineJob({
  ...counts,
  map() {},
  reduce: sum,
  // @ts-expect-error: the keys of this job are strings.
  output: textOutput({ line: (key: number) => key.toFixed() }),
});
defineJob({
  ...counts,
  map() {},
  reduce: sum,
  // @ts-expect-error: the values of this job are numbers.
  output: ndjsonOutput({ record: (_key, value) => value.toISOString() }),
});
// @ts-expect-error: a line is a string.
textOutput({ line: () => 5 });
// @ts-expect-error: a line of one's own leaves nothing to choose.
textOutput({ only: "keys", line: () => "" });
// @ts-expect-error: "only" takes "keys" or "values".
textOutput({ only: "value" });
// @ts-expect-error: the values are all that it writes.
bytesOutput({ only: "values" });
// @ts-expect-error: NDJSON has records, not lines.
ndjsonOutput({ line: () => "" });
