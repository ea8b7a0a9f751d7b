/**
 * The whole API as the compiler sees it: what it must infer in a job, in every combination of its
 * parts, and what it must refuse. Nothing here runs: `tsc` is the test, and an error that does not
 * come is one. test/docs checks the same file against the published types.
 */

import {
  array,
  type ByteView,
  bytes,
  type Codec,
  type Combiner,
  type Context,
  date,
  defineJob,
  type Emit,
  files,
  fixedRecords,
  float,
  grouped,
  hash,
  hashOf,
  type InputFormat,
  identity,
  int,
  type Job,
  type JobEvent,
  type JobResult,
  json,
  type KeyCodec,
  max,
  min,
  ndjson,
  ndjsonOutput,
  nothing,
  optional,
  outputOf,
  type Pipeline,
  type Position,
  pipeline,
  range,
  run,
  type Schema,
  string,
  structured,
  sum,
  text,
  textOutput,
  tuple,
  words,
} from "sheaf";
import { testJob } from "sheaf/testing";
import * as v from "valibot";

/** True if A and B are the same type, and not merely assignable to each other: `any` is not. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles if T, which is given, and Expected, which is inferred, are the same type. */
function same<T>(): <Inferred>(value: Inferred, equal: Same<Inferred, T>) => void {
  return () => undefined;
}

interface Visit {
  readonly url: string;
  readonly seconds: number;
}

// --- What is inferred -------------------------------------------------------------------------

export const plain = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map(position, line, emit, context) {
    same<Position>()(position, true);
    same<string>()(line, true);
    same<Emit<string | ByteView, number>>()(emit, true);
    same<Context<unknown>>()(context, true);
    same<Readonly<Record<string, number>>>()(context.previous, true);
  },
  combine(a, b) {
    same<number>()(a, true);
    same<number>()(b, true);
    return a + b;
  },
  partition(key, partitions) {
    same<string>()(key, true);
    same<number>()(partitions, true);
    return hashOf(key) % partitions;
  },
  reduce(key, values, emit, context) {
    same<string>()(key, true);
    same<Iterable<number>>()(values, true);
    same<(value: number) => void>()(emit, true);
    same<Context<unknown>>()(context, true);
  },
  output: textOutput({
    line(key, value) {
      same<string>()(key, true);
      same<number>()(value, true);
      return key;
    },
  }),
});
same<Job<Position, string, string, number, unknown>>()(plain, true);

export const withParams = defineJob({
  params: v.object({ least: v.number(), base: v.optional(v.string(), "/") }),
  input(params) {
    same<{ least: number; base: string }>()(params, true);
    return text();
  },
  intermediate: { key: string(), value: int() },
  map(position, line, emit, { params, count, attempt }) {
    same<Position>()(position, true);
    same<string>()(line, true);
    same<Emit<string | ByteView, number>>()(emit, true);
    same<{ least: number; base: string }>()(params, true);
    same<"map" | "reduce">()(attempt.phase, true);
    count("lines");
    count("bytes", line.length);
  },
  reduce(_key, values, _emit, { params }) {
    same<Iterable<number>>()(values, true);
    same<{ least: number; base: string }>()(params, true);
  },
  output(params) {
    same<{ least: number; base: string }>()(params, true);
    return textOutput({
      line(key, value) {
        same<string>()(key, true);
        same<number>()(value, true);
        return "";
      },
    });
  },
});
same<Job<Position, string, string, number, { least: number; base: string }>>()(withParams, true);

export const withResult = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  result: json<Visit>(),
  map(_position, line, emit) {
    same<Emit<string | ByteView, number>>()(emit, true);
    emit(line, 1);
  },
  combine: sum,
  reduce(key, values, emit) {
    same<string>()(key, true);
    same<Iterable<number>>()(values, true);
    same<(value: Visit) => void>()(emit, true);
    emit({ url: key, seconds: 1 });
  },
  output: ndjsonOutput({
    record(key, value) {
      same<string>()(key, true);
      same<Visit>()(value, true);
      return value;
    },
  }),
});
same<Job<Position, string, string, Visit, unknown>>()(withResult, true);

export const withParamsAndResult = defineJob({
  params: v.object({ least: v.number() }),
  input: text({ encoding: "latin1" }),
  intermediate: { key: string(), value: float() },
  result: tuple(string(), optional(date())),
  map(_position, line, _emit, { params }) {
    same<string>()(line, true);
    same<{ least: number }>()(params, true);
  },
  reduce(_key, values, emit, { params }) {
    same<Iterable<number>>()(values, true);
    same<(value: readonly [string | ByteView, Date | undefined]) => void>()(emit, true);
    same<{ least: number }>()(params, true);
  },
  output: textOutput({
    line(_key, value) {
      same<[string, Date | undefined]>()(value, true);
      return "";
    },
  }),
});
same<Job<Position, string, string, [string, Date | undefined], { least: number }>>()(
  withParamsAndResult,
  true,
);

/** Each input format gives `map` its key and value. */
export const inputs = [
  defineJob({
    input: text({ as: "bytes" }),
    intermediate: { key: string(), value: int() },
    map(position, line, emit) {
      same<Position>()(position, true);
      same<ByteView>()(line, true);
      same<Buffer>()(line.bytes, true);
      for (const word of words(line)) {
        same<ByteView>()(word, true);
        emit(word, 1);
      }
    },
    reduce: sum,
  }),
  defineJob({
    input: fixedRecords({ bytes: 100 }),
    intermediate: { key: bytes(), value: bytes() },
    map(position, record, emit) {
      same<Position>()(position, true);
      same<ByteView>()(record, true);
      same<Emit<Uint8Array | ByteView, Uint8Array | ByteView>>()(emit, true);
    },
    reduce(key, values) {
      same<Uint8Array>()(key, true);
      same<Iterable<Uint8Array>>()(values, true);
    },
  }),
  defineJob({
    input: files(),
    intermediate: { key: string(), value: int() },
    map(path, document) {
      same<string>()(path, true);
      same<string>()(document, true);
    },
    reduce: max,
  }),
  defineJob({
    input: files({ as: "bytes" }),
    intermediate: { key: string(), value: int() },
    map(path, document) {
      same<string>()(path, true);
      same<Uint8Array>()(document, true);
    },
    reduce: min,
  }),
  defineJob({
    input: ndjson(),
    intermediate: { key: string(), value: int() },
    map(_position, value) {
      same<unknown>()(value, true);
    },
    reduce: sum,
  }),
  defineJob({
    input: ndjson<Visit>({ lineBytesMax: 1000 }),
    intermediate: { key: string(), value: int() },
    map(_position, visit, emit) {
      same<Visit>()(visit, true);
      emit(visit.url, visit.seconds);
    },
    reduce: sum,
  }),
  defineJob({
    input: ndjson(v.object({ url: v.string(), at: v.pipe(v.string(), v.toDate()) })),
    intermediate: { key: string(), value: int() },
    map(_position, visit) {
      same<{ url: string; at: Date }>()(visit, true);
    },
    reduce: sum,
  }),
  // A function of the params may choose between formats of one kind of record.
  defineJob({
    params: v.object({ binary: v.boolean() }),
    input: ({ binary }) => (binary ? fixedRecords({ bytes: 8 }) : text({ as: "bytes" })),
    intermediate: { key: bytes(), value: nothing() },
    map(_position, record, emit) {
      same<ByteView>()(record, true);
      emit(record, undefined);
    },
    reduce: identity,
  }),
];

/** Keys and values of every codec come out as they should. */
export const codecs = [
  defineJob({
    input: text(),
    intermediate: {
      key: tuple(int(), grouped(string(), date())),
      value: structured<Map<string, number>>(),
    },
    map(_position, line, emit) {
      emit([1, [line, new Date()]], new Map());
    },
    combine: {
      reduce(key, values, emit) {
        same<[number, [string, Date]]>()(key, true);
        same<Iterable<Map<string, number>>>()(values, true);
        same<(value: Map<string, number>) => void>()(emit, true);
      },
    },
    reduce(key, values) {
      same<[number, [string, Date]]>()(key, true);
      same<Iterable<Map<string, number>>>()(values, true);
    },
  }),
  defineJob({
    input: text(),
    intermediate: { key: grouped(string(), int()), value: array(optional(json<Visit>())) },
    map(_position, line, emit) {
      emit([line, 1], [undefined, { url: line, seconds: 1 }]);
    },
    combine: (a, b) => [...a, ...b],
    partition([host], partitions) {
      same<string>()(host, true);
      return hashOf(host) % partitions;
    },
    reduce([host, order], values) {
      same<string>()(host, true);
      same<number>()(order, true);
      same<Iterable<(Visit | undefined)[]>>()(values, true);
    },
  }),
];

/** Literals are what the codecs want them to be: tuples, unions and all, in whatever function. */
export const literals = [
  defineJob({
    input: text(),
    intermediate: { key: tuple(string(), int()), value: tuple(int(), int()) },
    map: (_position, line, emit) => emit([line, 1], [1, line.length]),
    combine: (a, b) => [a[0] + b[0], a[1] + b[1]],
    reduce(_key, values, emit) {
      for (const [count, sum] of values) emit([count, sum]);
    },
  }),
  defineJob({
    params: v.object({ least: v.number() }),
    input: text(),
    intermediate: { key: string(), value: json<readonly [from: number, to: number]>() },
    result: tuple(string(), json<{ kind: "wide" | "narrow"; ends: [number, number] }>()),
    map: (position, line, emit) => emit(line, [position.offset, position.offset]),
    combine(a, b) {
      return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
    },
    reduce(key, values, emit) {
      for (const [from, to] of values) emit([key, { kind: "wide", ends: [from, to] }]);
    },
  }),
  defineJob({
    input: text(),
    intermediate: {
      key: string(),
      value: structured<{ kind: "sum" | "mean"; pair: [number, bigint]; tags: ("x" | "y")[] }>(),
    },
    map: (_position, line, emit) => emit(line, { kind: "sum", pair: [1, 2n], tags: ["x"] }),
    combine: (a, b) => ({ kind: "mean", pair: [a.pair[0], b.pair[1]], tags: ["y"] }),
    reduce: (_key, values, emit) =>
      emit([...values][0] ?? { kind: "sum", pair: [0, 0n], tags: [] }),
  }),
  defineJob({
    input: text(),
    intermediate: { key: string(), value: array(tuple(string(), int())) },
    map: (_position, line, emit) => emit(line, [[line, 1]]),
    combine: (a, b) => (a.length > b.length ? a : [["longer", b.length]]),
    reduce: (_key, values, emit) => emit([...values].flatMap((list) => list)),
  }),
  defineJob({
    input: text(),
    intermediate: { key: string(), value: tuple(int(), optional(string())) },
    map: (_position, line, emit) => emit(line, [1, undefined]),
    combine: {
      reduce(_key, values, emit) {
        for (const [count, name] of values) emit([count, name]);
      },
    },
    reduce: identity,
  }),
];

/** Async functions are functions. */
export const asynchronous = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  async map(_position, line, emit) {
    emit(await Promise.resolve(line), 1);
  },
  async reduce(_key, values, emit) {
    for (const value of values) emit(await Promise.resolve(value));
  },
});

/** The built-ins fit where their types do. */
export const builtins = [
  defineJob({
    input: text(),
    intermediate: { key: int(), value: float() },
    partition: range(),
    map() {},
    combine: max,
    reduce: max,
  }),
  defineJob({
    input: text(),
    intermediate: { key: int(), value: json<Visit>() },
    partition: hash(),
    map() {},
    reduce: identity,
  }),
];

// --- Pipelines --------------------------------------------------------------------------------

const perUrl = defineJob({
  params: v.object({ times: v.number() }),
  input: ndjson<Visit>(),
  intermediate: { key: string(), value: int() },
  map(_position, visit, emit) {
    emit(visit.url, visit.seconds);
  },
  reduce: sum,
});

const perHost = defineJob({
  input: outputOf(perUrl),
  intermediate: { key: string(), value: tuple(string(), int()) },
  map(url, seconds, emit) {
    same<string>()(url, true);
    same<number>()(seconds, true);
    emit(new URL(url).hostname, [url, seconds]);
  },
  reduce(_host, urls, _emit) {
    same<Iterable<[string, number]>>()(urls, true);
  },
});

const halve = defineJob({
  params: v.object({ limit: v.number() }),
  input: outputOf(perUrl),
  intermediate: { key: string(), value: int() },
  map(url, seconds, emit) {
    emit(url, seconds / 2);
  },
  reduce: sum,
});

export const steps = pipeline(perUrl).step(perHost);
same<Pipeline<Position, Visit, string, [string, number], { times: number } & unknown>>()(
  steps,
  true,
);

/** Each step has params of its own; `times` and `until` see those of the step that repeats. */
export const repeated = pipeline(perUrl)
  .repeat(halve, {
    times(params) {
      same<{ limit: number }>()(params, true);
      return params.limit;
    },
    until({ iteration, counters, params }) {
      same<number>()(iteration, true);
      same<number | undefined>()(counters.changed, true);
      same<{ limit: number }>()(params, true);
      return counters.changed === 0;
    },
  })
  .step(perHost);
same<
  Pipeline<
    Position,
    Visit,
    string,
    [string, number],
    { times: number } & { limit: number } & unknown
  >
>()(repeated, true);

// @ts-expect-error: the second step reads what the first one puts out, not the other way round.
pipeline(perHost).step(perUrl);
// @ts-expect-error: a step reads the output of the one before, here a tuple, not a number.
pipeline(perUrl).step(perHost).step(halve);
// @ts-expect-error: a step that repeats puts out what it reads; this one does not.
pipeline(perUrl).repeat(perHost, { times: 2 });
// @ts-expect-error: how often, at the most, must be said.
pipeline(perUrl).repeat(halve, { until: () => true });
pipeline(perUrl).repeat(halve, {
  // @ts-expect-error: the params of halve have no such field.
  times: ({ times }) => times,
});
pipeline(perUrl).repeat(halve, {
  times: 2,
  // @ts-expect-error: nor has what `until` is given.
  until: ({ params }) => params.times === 1,
});
defineJob({
  input: outputOf(perUrl),
  intermediate: { key: string(), value: int() },
  // @ts-expect-error: the output of perUrl has keys that are strings.
  map(url: number, seconds, emit) {
    emit(String(url), seconds);
  },
  reduce: sum,
});

// --- What is refused --------------------------------------------------------------------------

defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit, context) {
    // @ts-expect-error: the value is a number.
    emit(line, "1");
    // @ts-expect-error: the key is a string.
    emit(1, 1);
    // @ts-expect-error: a record has a key and a value.
    emit(line);
    // @ts-expect-error: and nothing else.
    emit(line, 1, 1);
    // @ts-expect-error: a counter has a name.
    context.count(1);
    // @ts-expect-error: counters count.
    context.count("lines", "1");
    // @ts-expect-error: a job without a schema has no params.
    context.params.pattern;
    // @ts-expect-error: the context is not the job's to change.
    context.params = {};
  },
  reduce: sum,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  // @ts-expect-error: a line is a string.
  map(_position, line: number, emit) {
    emit(String(line), 1);
  },
  reduce: sum,
});

defineJob({
  input: ndjson(v.object({ url: v.string() })),
  intermediate: { key: string(), value: int() },
  map(_position, page, emit) {
    // @ts-expect-error: the schema has no such field.
    emit(page.text, 1);
  },
  reduce: sum,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map() {},
  // @ts-expect-error: a combiner gives back a value like those it takes.
  combine: (a, b) => `${a}${b}`,
  reduce: sum,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map() {},
  // @ts-expect-error: the values are numbers.
  combine: (a: string, b: string) => a.length + b.length,
  reduce: sum,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: tuple(int(), int()) },
  map() {},
  // @ts-expect-error: a pair has two.
  combine: (a, b) => [a[0] + b[0], a[1] + b[1], 0],
  reduce: identity,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: tuple(int(), int()) },
  map(_position, line, emit) {
    // @ts-expect-error: a pair has two.
    emit(line, [1]);
  },
  // @ts-expect-error: both of them numbers.
  combine: (a, b) => [a[0] + b[0], String(b[1])],
  reduce(_key, values, emit) {
    // @ts-expect-error: in results too.
    for (const [count] of values) emit([count, "1"]);
  },
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: json<{ kind: "sum" | "mean"; pair: [number, number] }>() },
  map() {},
  // @ts-expect-error: there is no such kind.
  combine: (a) => ({ kind: "median", pair: a.pair }),
  reduce: identity,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: json<Visit>() },
  map() {},
  // @ts-expect-error: a visit has a url.
  combine: (a) => ({ seconds: a.seconds }),
  reduce: identity,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: json<Visit>() },
  map() {},
  // @ts-expect-error: visits cannot be added.
  combine: sum,
  reduce: identity,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map() {},
  combine: {
    reduce(_key, values, emit) {
      // @ts-expect-error: a combiner emits values like those it reads.
      for (const value of values) emit(String(value));
    },
  },
  reduce: sum,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: json<Visit>() },
  map() {},
  // @ts-expect-error: nor can they be reduced by adding.
  reduce: sum,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  result: string(),
  map() {},
  // @ts-expect-error: the results are strings, and the values are not.
  reduce: identity,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  result: string(),
  map() {},
  // @ts-expect-error: nor is their sum.
  reduce: sum,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map() {},
  reduce(key, values, emit) {
    // @ts-expect-error: the result is a number.
    emit(key);
    // @ts-expect-error: the key goes with it by itself.
    emit(key, 1);
    // @ts-expect-error: values are read one after the other: there is no array of them.
    values.length;
  },
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  result: date(),
  map() {},
  reduce(_key, values, emit) {
    // @ts-expect-error: the result is a date.
    for (const value of values) emit(value);
  },
});

defineJob({
  input: text(),
  // @ts-expect-error: JSON has no order, so it is for values.
  intermediate: { key: json<Visit>(), value: int() },
  map() {},
  reduce: sum,
});

defineJob({
  input: text(),
  // @ts-expect-error: nor has a tuple with a field of it.
  intermediate: { key: tuple(string(), structured<Visit>()), value: int() },
  map() {},
  reduce: sum,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  // @ts-expect-error: a partition is a number.
  partition: (key) => key,
  map() {},
  reduce: sum,
});

defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  // @ts-expect-error: the key is a string.
  partition: (key: number, partitions) => key % partitions,
  map() {},
  reduce: sum,
});

defineJob({
  params: v.object({ least: v.number() }),
  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit, { params }) {
    // @ts-expect-error: the params have no such field.
    if (line.length > params.most) emit(line, 1);
  },
  reduce: sum,
});

defineJob({
  params: v.object({ least: v.number() }),
  // @ts-expect-error: nor here.
  input: ({ most }) => text({ lineBytesMax: most }),
  intermediate: { key: string(), value: int() },
  map() {},
  reduce: sum,
});

defineJob({
  // @ts-expect-error: the params need a schema, not an example.
  params: { least: 1 },
  input: text(),
  intermediate: { key: string(), value: int() },
  map() {},
  reduce: sum,
});

// @ts-expect-error: a job has an input.
defineJob({ intermediate: { key: string(), value: int() }, map() {}, reduce: sum });
// @ts-expect-error: and codecs between its functions.
defineJob({ input: text(), map() {}, reduce: sum });
// @ts-expect-error: and a map.
defineJob({ input: text(), intermediate: { key: string(), value: int() }, reduce: sum });
// @ts-expect-error: and a reduce.
defineJob({ input: text(), intermediate: { key: string(), value: int() }, map() {} });

defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map() {},
  reduce: sum,
  // @ts-expect-error: a job has no such field.
  reducers: 4,
});

// @ts-expect-error: text is decoded or it is not.
text({ as: "bytes", encoding: "latin1" });
// @ts-expect-error: there is no such encoding here.
text({ encoding: "utf-16" });
// @ts-expect-error: the length of a record must be said.
fixedRecords();
// @ts-expect-error: NDJSON is always text.
ndjson({ as: "bytes" });

// --- Running ----------------------------------------------------------------------------------

export async function running(): Promise<void> {
  const result = await run("job.ts", { inputs: ["a.txt"], output: "out" });
  same<JobResult>()(result, true);
  same<number>()(result.counters.task.MAP_INPUT_RECORDS, true);
  same<number | undefined>()(result.counters.user.lines, true);
  await run(plain, {
    inputs: ["a.txt"],
    output: "out",
    signal: new AbortController().signal,
    onEvent(event) {
      same<JobEvent>()(event, true);
      if (event.type === "progress") same<number>()(event.map.records, true);
      // @ts-expect-error: only a failed attempt has a failure.
      event.failure;
    },
  });
  await run(new URL("file:///job.ts"), { inputs: ["a.txt"], output: "out" });
  // @ts-expect-error: the output must be named.
  await run("job.ts", { inputs: ["a.txt"] });
  // @ts-expect-error: inputs are a list.
  await run("job.ts", { inputs: "a.txt", output: "out" });
  // @ts-expect-error: there is no such counter.
  result.counters.task.LINES;
}

export async function testing(): Promise<void> {
  const { output, text: lines, counters } = await testJob(plain, { input: ["a line"] });
  same<[string, number][]>()(output, true);
  same<string>()(lines, true);
  same<number>()(counters.task.MAP_INPUT_RECORDS, true);
  await testJob(plain, {
    records: [[{ path: "a.txt", fileIndex: 0, offset: 0 }, "a line"]],
    params: { least: 1 },
    partitions: 2,
  });
  const ofSteps = await testJob(steps, { input: [{ url: "https://example.org/", seconds: 1 }] });
  same<[string, [string, number]][]>()(ofSteps.output, true);
  // @ts-expect-error: the lines of a text are strings.
  await testJob(plain, { input: [1] });
  // @ts-expect-error: the input of a pipeline is that of its first step.
  await testJob(steps, { input: ["https://example.org/"] });
  // @ts-expect-error: either values or records.
  await testJob(plain, { input: ["a line"], records: [] });
  // @ts-expect-error: something must go in.
  await testJob(plain, {});
  const ofFiles = defineJob({
    input: files(),
    intermediate: { key: string(), value: int() },
    map: (path, document, emit) => emit(path, document.length),
    reduce: sum,
  });
  await testJob(ofFiles, { records: [["a.html", "<p>"]] });
  // @ts-expect-error: the key of a file is its path, which cannot be made up.
  await testJob(ofFiles, { input: ["<p>"] });
}

// --- Parts of one's own -----------------------------------------------------------------------

/** A combiner, a schema, a codec and an input may be declared apart from the job. */
declare const combiner: Combiner<string, number, number>;
declare const schema: Schema<unknown, { least: number }>;
declare const key: KeyCodec<string>;
declare const value: Codec<number>;
declare const lines: InputFormat<Position, string>;

export const fromParts = defineJob({
  params: schema,
  input: lines,
  intermediate: { key, value },
  map(_position, line, emit, { params }) {
    same<{ least: number }>()(params, true);
    if (line.length > params.least) emit(line, 1);
  },
  combine: combiner,
  reduce: sum,
});
