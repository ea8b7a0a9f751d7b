/**
 * Codecs to try, each with an arbitrary of its values and, if it is ordered, with the order that it
 * promises: all of them by themselves, and random ones made of others.
 */

import fc from "fast-check";
import { array } from "../../src/job/codec/array.ts";
import { bigint } from "../../src/job/codec/bigint.ts";
import { boolean } from "../../src/job/codec/boolean.ts";
import { bytes } from "../../src/job/codec/bytes.ts";
import type { AnyCodec, AnyKeyCodec } from "../../src/job/codec/codec.ts";
import { date } from "../../src/job/codec/date.ts";
import { float } from "../../src/job/codec/float.ts";
import { grouped } from "../../src/job/codec/grouped.ts";
import { int } from "../../src/job/codec/int.ts";
import { json } from "../../src/job/codec/json.ts";
import { nothing } from "../../src/job/codec/nothing.ts";
import { optional } from "../../src/job/codec/optional.ts";
import { string } from "../../src/job/codec/string.ts";
import { structured } from "../../src/job/codec/structured.ts";
import { tuple } from "../../src/job/codec/tuple.ts";

type Compare = (a: never, b: never) => number;

/** A codec with the values to try on it and the order that it promises. */
export interface Subject {
  readonly codec: AnyKeyCodec;
  readonly values: fc.Arbitrary<unknown>;
  readonly compare: (a: unknown, b: unknown) => number;
}

function subject(codec: AnyKeyCodec, values: fc.Arbitrary<unknown>, compare: Compare): Subject {
  return { codec, values, compare: compare as Subject["compare"] };
}

/** Few different characters, so that strings share beginnings; and every kind of them. */
const units = ["\0", "\x01", "\x02", "a", "\x7f", "\x80", "\u07ff", "\u0800", "\ud7ff"];
const highUnits = ["\ud800", "\udbff", "\udc00", "\udfff", "\ue000", "\ufffd", "\uffff", "😀", "🨀"];
const strings = fc.oneof(
  fc.string({ unit: fc.constantFrom(...units, ...highUnits), maxLength: 5 }),
  fc.string({ unit: fc.constantFrom("\0", "a", "b"), maxLength: 70 }),
  fc.string({ unit: fc.constantFrom("a", "\u00e9", "\ud800"), minLength: 20, maxLength: 70 }),
);

/** Around the powers of two, where the sizes change; and around zero, where the sign does. */
const edges = fc
  .tuple(fc.integer({ min: 0, max: 53 }), fc.integer({ min: -3, max: 3 }), fc.boolean())
  .map(([bits, offset, negative]) => (2 ** bits + offset) * (negative ? -1 : 1) + 0)
  .filter((value) => Number.isSafeInteger(value));
const ints = fc.oneof(edges, fc.maxSafeInteger(), fc.integer({ min: -130, max: 130 }));

const floats = fc.oneof(fc.double(), fc.constantFrom(-0, 0, Number.NaN, -Infinity, Infinity), ints);
const bigints = fc.oneof(
  fc.bigInt({ min: -300n, max: 300n }),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc
    .tuple(fc.constantFrom(1n, -1n), fc.integer({ min: 990, max: 1030 }), fc.bigInt(-2n, 2n))
    .map(([sign, bits, offset]) => sign * (2n ** BigInt(bits) + offset)),
);
const byteArrays = fc.oneof(
  fc.uint8Array({ maxLength: 6, max: 3 }),
  fc.uint8Array({ minLength: 35, maxLength: 60, min: 0, max: 255 }),
);

export const leaves: readonly Subject[] = [
  subject(string(), strings, compareCodePoints),
  subject(int(), ints, (a: number, b: number) => a - b),
  subject(float(), floats, compareFloats),
  subject(bigint(), bigints, (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0)),
  subject(boolean(), fc.boolean(), (a: boolean, b: boolean) => Number(a) - Number(b)),
  subject(bytes(), byteArrays, (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b)),
  subject(date(), fc.date({ noInvalidDate: true }), (a: Date, b: Date) => +a - +b),
  subject(nothing(), fc.constant(undefined), () => 0),
];

function compareCodePoints(a: string, b: string): number {
  const left = [...a].map((character) => character.codePointAt(0)!);
  const right = [...b].map((character) => character.codePointAt(0)!);
  return compareElements(left, right, (x, y) => Number(x) - Number(y));
}

/** -0 before 0, NaN last. */
function compareFloats(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a !== b) return a < b ? -1 : 1;
  return Number(Object.is(b, -0)) - Number(Object.is(a, -0));
}

function compareElements(
  a: readonly unknown[],
  b: readonly unknown[],
  compare: (x: unknown, y: unknown, index: number) => number,
): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compare(a[i], b[i], i);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function optionalOf(of: Subject): Subject {
  return subject(
    optional(of.codec),
    fc.option(of.values, { nil: undefined, freq: 3 }),
    (a: unknown, b: unknown) => {
      if (a === undefined || b === undefined)
        return Number(b === undefined) - Number(a === undefined);
      return of.compare(a, b);
    },
  );
}

function arrayOf(of: Subject): Subject {
  return subject(
    array(of.codec),
    fc.array(of.values, { maxLength: 4 }),
    (a: unknown[], b: unknown[]) => compareElements(a, b, of.compare),
  );
}

function tupleOf(fields: readonly Subject[]): Subject {
  return subject(
    tuple(...fields.map((field) => field.codec)),
    fc.tuple(...fields.map((field) => field.values)),
    (a: unknown[], b: unknown[]) => compareElements(a, b, (x, y, i) => fields[i]!.compare(x, y)),
  );
}

function groupedOf(primary: Subject, order: Subject): Subject {
  return { ...tupleOf([primary, order]), codec: grouped(primary.codec, order.codec) };
}

export const { tree: keySubjects } = fc.letrec<{ tree: Subject }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    { weight: 3, arbitrary: fc.constantFrom(...leaves) },
    { weight: 1, arbitrary: tie("tree").map(optionalOf) },
    { weight: 1, arbitrary: tie("tree").map(arrayOf) },
    { weight: 2, arbitrary: fc.array(tie("tree"), { maxLength: 3 }).map(tupleOf) },
    { weight: 1, arbitrary: fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => groupedOf(a, b)) },
  ),
}));

/** A value codec with its values; codecs without order may stand inside the others. */
export interface Sample {
  readonly codec: AnyCodec;
  readonly values: fc.Arbitrary<unknown>;
}

const wellFormed = fc.string({ unit: "binary", maxLength: 40 });
const { data: structuredValues } = fc.letrec((tie) => ({
  data: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom(null, undefined, true, false, Number.NaN, Infinity),
    fc.double().map((value) => value + 0),
    ints,
    wellFormed,
    bigints,
    byteArrays,
    fc.date({ noInvalidDate: true }),
    fc.array(tie("data"), { maxLength: 4 }),
    fc.dictionary(
      wellFormed.filter((name) => name !== "__proto__"),
      tie("data"),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
    fc.array(fc.tuple(tie("data"), tie("data")), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.array(tie("data"), { maxLength: 3 }).map((values) => new Set(values)),
  ),
}));
const jsonValues = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const unorderedLeaves: readonly Sample[] = [
  { codec: json(), values: jsonValues },
  { codec: structured(), values: structuredValues },
];
export const unordered: fc.Arbitrary<Sample> = fc.oneof(
  fc.constantFrom(...unorderedLeaves),
  fc.constantFrom(...unorderedLeaves).map(({ codec, values }) => ({
    codec: optional(codec),
    values: fc.option(values, { nil: undefined }),
  })),
  fc.constantFrom(...unorderedLeaves).map(({ codec, values }) => ({
    codec: array(codec),
    values: fc.array(values, { maxLength: 3 }),
  })),
  fc.tuple(fc.constantFrom(...unorderedLeaves), keySubjects).map(([first, second]) => ({
    codec: tuple(first.codec, second.codec),
    values: fc.tuple(first.values, second.values),
  })),
);
export const samples: fc.Arbitrary<Sample> = fc.oneof(keySubjects, unordered);
