/**
 * Random jobs, as the text of a job file, and random input for them. Every job is deterministic, and
 * its combiner, if it has one, may combine any values in any order: then the engine guarantees the
 * bytes of the sequential executor.
 */

import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { jobFile } from "./run-folder.ts";

/** One codec as a job writes it, and what map makes for it of a word and its position. */
interface Field {
  readonly codec: string;
  readonly of: string;
}

const KEYS: readonly Field[] = [
  { codec: "string()", of: "word" },
  { codec: "int()", of: "word.length * 7 - 20" },
  { codec: "float()", of: "word.length === 3 ? -0 : word.length / 3 - 1" },
  { codec: "bigint()", of: "BigInt(word.length - 4) ** 33n" },
  { codec: "boolean()", of: "word.length % 2 === 0" },
  { codec: "bytes()", of: "Buffer.from(word)" },
  { codec: "date()", of: "new Date((word.length - 3) * 1e10)" },
  { codec: "tuple(string(), int())", of: "[word.slice(0, 2), -word.length]" },
  { codec: "array(string())", of: "[...word].slice(0, 3)" },
  { codec: "optional(string())", of: "word.length > 3 ? word : undefined" },
];

const VALUES: readonly Field[] = [
  { codec: "int()", of: "at % 97 - 40" },
  { codec: "string()", of: 'word + "@" + at' },
  { codec: "float()", of: "at / 7" },
  { codec: "json<unknown>()", of: "{ word, at, path: [path] }" },
  { codec: "structured()", of: "{ at, when: new Date(at), set: new Set([word]) }" },
  { codec: "tuple(int(), string())", of: "[at, word]" },
  { codec: "array(int())", of: "[at, at % 3]" },
  { codec: "optional(int())", of: "at % 5 === 0 ? undefined : at" },
  { codec: "bytes()", of: "Buffer.from(word + at)" },
];

/** Reduce functions that show every value in its order; their result is a string. */
const REDUCES = [
  "let shown = String(key).length; for (const v of values) shown += '|' + show(v); emit(shown);",
  "const all = [...values]; emit(all.length + ':' + show(all.at(-1))); emit(show(all[0]));",
  "for (const v of values) { emit(show(v)); break; }",
  "for (const v of values) if (show(v).length % 2 === 0) emit(show(v)); count('groups');",
];

interface Combined {
  readonly value: Field;
  readonly combine: string;
  readonly reduce: string;
}

const COMBINED: readonly Combined[] = [
  { value: VALUES[0]!, combine: "sum", reduce: "sum" },
  { value: VALUES[0]!, combine: "min", reduce: "min" },
  { value: VALUES[0]!, combine: "max", reduce: "max" },
  { value: VALUES[0]!, combine: "(a, b) => a ^ b", reduce: fold("a ^ b") },
  { value: VALUES[2]!, combine: "min", reduce: "min" },
  // The engine leaves this one out: the order of additions would show.
  { value: VALUES[2]!, combine: "sum", reduce: "sum" },
  { value: VALUES[2]!, combine: "(a, b) => (a > b ? a : b)", reduce: "max" },
  {
    value: { codec: "json<{ n: number; last: string }>()", of: "{ n: 1, last: word }" },
    combine: "(a, b) => ({ n: a.n + b.n, last: a.last > b.last ? a.last : b.last })",
    reduce: fold("{ n: a.n + b.n, last: a.last > b.last ? a.last : b.last }"),
  },
  {
    value: { codec: "tuple(int(), int())", of: "[1, at]" },
    combine:
      "{ reduce(_key, values, emit) { let n = 0, s = 0; for (const [a, b] of values) { n += a; s += b; } emit([n, s]); } }",
    reduce: fold("[a[0] + b[0], a[1] + b[1]]"),
  },
  {
    // Two values for one: what is odd and what is even apart.
    value: VALUES[0]!,
    combine:
      "{ reduce(_key, values, emit) { let odd = 0, even = 0; " +
      "for (const v of values) if (v % 2 === 0) even += v; else odd += v; emit(even); if (odd !== 0) emit(odd); } }",
    reduce: "sum",
  },
];

function fold(expression: string): string {
  const next = expression.startsWith("{") ? `(${expression})` : expression;
  return `(key, values, emit) => { let a; for (const b of values) a = a === undefined ? b : ${next}; emit(a); }`;
}

/** A job as text, and how to print it in a report of a failure. */
export interface RandomJob {
  readonly source: string;
  /** Whether counters of reduce input are the same with and without the engine. */
  readonly combines: boolean;
}

const OUTPUTS = [
  undefined,
  "textOutput({ only: 'values' })",
  "textOutput({ line: (k, v) => show(k) + ' = ' + show(v) })",
  "ndjsonOutput()",
  "ndjsonOutput({ gzip: true })",
];

/** How a job reads its lines and finds the words in them. */
const INPUTS = [
  { input: "text()", words: "line.match(/[\\p{L}\\p{S}]+/gu) ?? []", word: "found" },
  { input: "text()", words: "words(line)", word: "found" },
  { input: 'text({ encoding: "latin1" })', words: 'line.split(" ")', word: "found" },
  // A view is valid until the next word, and may be emitted as it is where a codec takes it.
  { input: 'text({ as: "bytes" })', words: "words(line)", word: "found.toString()" },
] as const;

function mapOf(
  input: (typeof INPUTS)[number],
  key: string,
  value: string,
  isAsync: boolean,
): string {
  return `  ${isAsync ? "async " : ""}map(position, line, emit, { count }) {
    const { offset, path } = position;
    ${isAsync ? "if (offset % 3 === 0) await null;" : ""}
    let at = offset;
    for (const found of ${input.words}) {
      const word = ${input.word};
      at++;
      emit(${key}, ${value});
    }
    count("lines of " + (line.length % 3));
  },`;
}

/** Any job. */
export const randomJob: fc.Arbitrary<RandomJob> = fc
  .record({
    key: fc.constantFrom(...KEYS),
    value: fc.constantFrom(...VALUES),
    combined: fc.option(fc.constantFrom(...COMBINED)),
    reduce: fc.constantFrom(...REDUCES),
    partition: fc.constantFrom("hash()", "range()", "custom", "grouped", "grouped range"),
    asyncMap: fc.boolean(),
    asyncReduce: fc.boolean(),
    output: fc.constantFrom(...OUTPUTS),
    input: fc.constantFrom(INPUTS[0], ...INPUTS),
  })
  .map(({ key, combined, reduce, partition, asyncMap, asyncReduce, output, input, ...rest }) => {
    const value = combined?.value ?? rest.value;
    const isGrouped = partition.startsWith("grouped");
    const codec = isGrouped ? `grouped(${key.codec}, int())` : key.codec;
    const takesViews = input === INPUTS[3] && ["string()", "bytes()"].includes(key.codec);
    const plainKey = takesViews ? "found" : key.of;
    const keyOf = isGrouped ? `[${key.of}, -at % 10]` : plainKey;
    const lines = [
      `  input: ${input.input},`,
      `  intermediate: { key: ${codec}, value: ${value.codec} },`,
      mapOf(input, keyOf, value.of, asyncMap),
    ];
    if (partition === "custom") lines.push("  partition: (key, R) => hashOf(show(key)) % R,");
    else if (partition.endsWith("range") || partition === "range()")
      lines.push("  partition: range(),");
    if (combined !== null) lines.push(`  combine: ${combined.combine},`);
    if (combined === null) {
      lines.push("  result: string(),");
      lines.push(
        `  ${asyncReduce ? "async " : ""}reduce(key, values, emit, { count }) { ` +
          `${asyncReduce ? "await null; " : ""}${reduce} },`,
      );
    } else lines.push(`  reduce: ${combined.reduce},`);
    if (output !== undefined) lines.push(`  output: ${output},`);
    const source = jobFile({ before: SHOW, definition: lines.join("\n") });
    return { source, combines: combined !== null };
  });

/** A value as text that tells -0 from 0 and undefined from null. */
const SHOW = 'import { inspect as show } from "node:util";';

const WORDS = ["the", "of", "a", "sea", "Meer", "πέλαγος", "море", "海", "🌊", "e\u0301", "x"];
const ENDINGS = ["\n", "\r\n", "\n", "\n\n"];

/** A word, the first ones far more often than the last. */
const word = fc
  .double({ min: 0, max: 1, noNaN: true })
  .map((u) => WORDS[Math.min(WORDS.length - 1, Math.floor(1.3 ** (u * 9.8) - 1))]!);

const line = fc
  .tuple(
    fc.array(word, { maxLength: 9 }),
    fc.constantFrom(" ", " ", "", ", "),
    fc.constantFrom(...ENDINGS),
    // A line over many splits, now and then.
    fc.integer({ min: 0, max: 40 }).map((n) => (n === 0 ? 900 : 1)),
  )
  .map(([words, between, ending, times]) => words.join(between).repeat(times) + ending);

const file = fc
  .tuple(
    fc.array(line, { maxLength: 60 }),
    fc.boolean(),
    fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  )
  .map(([lines, isCut, isGzip]): [string, Buffer] => {
    const text = lines.join("");
    const bytes = Buffer.from(isCut ? text.replace(/\r?\n$/, "") : text);
    return isGzip ? [".txt.gz", gzipSync(bytes)] : [".txt", bytes];
  });

/** Files of text below `in/`. */
export const randomInput: fc.Arbitrary<Record<string, Uint8Array>> = fc
  .oneof(
    { weight: 4, arbitrary: fc.array(file, { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.array(file, { minLength: 20, maxLength: 40 }) },
    { weight: 1, arbitrary: fc.constant([[".txt", Buffer.alloc(0)] as [string, Buffer]]) },
  )
  .map((files) =>
    Object.fromEntries(
      files.map(([ending, bytes], i) => [`in/${String(i).padStart(3, "0")}${ending}`, bytes]),
    ),
  );

/** Settings that must never show in the output. */
export const settings = fc.record({
  slots: fc.integer({ min: 1, max: 3 }),
  splitBytes: fc.constantFrom(1024, 1500, 4096, 1 << 20),
});
