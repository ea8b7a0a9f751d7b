/**
 * What every codec promises, tried on random codecs (each made of others up to three deep) and random
 * values: values come back, bytes sort as values do, and damaged bytes are refused.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  amidGarbage,
  fromInner,
  fromLast,
  innerForm,
  lastForm,
  textOf,
} from "../../../test/support/forms.ts";
import { ByteWriter, compareBytes } from "../../base/bytes.ts";
import { SheafError } from "../../base/error.ts";
import { array } from "./array.ts";
import { bigint } from "./bigint.ts";
import { boolean } from "./boolean.ts";
import { bytes } from "./bytes.ts";
import type { AnyCodec, AnyKeyCodec, Codec } from "./codec.ts";
import { skipInner } from "./composite.ts";
import { date } from "./date.ts";
import { float } from "./float.ts";
import { grouped } from "./grouped.ts";
import { int } from "./int.ts";
import { json } from "./json.ts";
import { nothing } from "./nothing.ts";
import { optional } from "./optional.ts";
import { string } from "./string.ts";
import { structured } from "./structured.ts";
import { tuple } from "./tuple.ts";

const RUNS = { numRuns: 1500 };

type Compare = (a: never, b: never) => number;

/** A codec with the values to try on it and the order that it promises. */
interface Subject {
  readonly codec: AnyKeyCodec;
  readonly values: fc.Arbitrary<unknown>;
  readonly compare: (a: unknown, b: unknown) => number;
}

function subject(codec: AnyKeyCodec, values: fc.Arbitrary<unknown>, compare: Compare): Subject {
  return { codec, values, compare: compare as Subject["compare"] };
}

/** Few different characters, so that strings share beginnings; and every kind of them. */
const units = ["\0", "\x01", "\x02", "a", "\x7f", "\x80", "\u07ff", "\u0800", "\ud7ff"];
const moreUnits = ["\ud800", "\udbff", "\udc00", "\udfff", "\ue000", "\ufffd", "\uffff", "😀", "🨀"];
const strings = fc.oneof(
  fc.string({ unit: fc.constantFrom(...units, ...moreUnits), maxLength: 5 }),
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

const leaves: readonly Subject[] = [
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

const { tree: keySubjects } = fc.letrec<{ tree: Subject }>((tie) => ({
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
interface Sample {
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
const unordered: fc.Arbitrary<Sample> = fc.oneof(
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
const samples: fc.Arbitrary<Sample> = fc.oneof(keySubjects, unordered);

/** A codec and one of its values. */
const cases = samples.chain((sample) => sample.values.map((value) => ({ ...sample, value })));
/** A key codec and two of its values. */
const pairs = keySubjects.chain(({ codec, values, compare }) =>
  fc.tuple(values, values).map(([a, b]) => ({ codec, compare, a, b })),
);

function order(a: Buffer, b: Buffer): number {
  return Math.sign(compareBytes(a, 0, a.length, b, 0, b.length));
}

/** Runs what may only succeed or say that the bytes are damaged. */
function refusesOrReturns(run: () => unknown): "refused" | "returned" {
  try {
    run();
    return "returned";
  } catch (error) {
    if (error instanceof SheafError && error.code === "REGION_CORRUPT") return "refused";
    throw error;
  }
}

/** Everything that reads, on bytes that may be damaged. */
function readAllWays(codec: Codec<unknown>, damaged: Buffer): void {
  for (const read of [
    () => codec.readLast(amidGarbage(damaged)),
    () => codec.writeText(new ByteWriter(), amidGarbage(damaged)),
    () => {
      const reader = amidGarbage(damaged);
      codec.read(reader);
      expect(reader.position).toBeLessThanOrEqual(reader.end);
    },
    () => {
      const reader = amidGarbage(damaged);
      skipInner(codec, reader);
      expect(reader.position).toBeLessThanOrEqual(reader.end);
    },
  ]) {
    refusesOrReturns(read);
  }
}

describe("every codec", () => {
  test("gives back what it took, in both forms, whatever stands around the bytes", () => {
    fc.assert(
      fc.property(cases, ({ codec, value }) => {
        expect(fromInner(codec, innerForm(codec, value))).toStrictEqual(value);
        expect(fromLast(codec, lastForm(codec, value))).toStrictEqual(value);
      }),
      RUNS,
    );
  });

  test("skips exactly the inner form that it wrote", () => {
    fc.assert(
      fc.property(cases, ({ codec, value }) => {
        const reader = amidGarbage(innerForm(codec, value));
        const end = reader.end;
        reader.end += 2;
        skipInner(codec, reader);
        expect(reader.position).toBe(end);
      }),
      RUNS,
    );
  });

  test("refuses an inner form that is cut off, though its bytes go on behind the end", () => {
    fc.assert(
      fc.property(cases, fc.nat(), ({ codec, value }, cut) => {
        const whole = innerForm(codec, value);
        fc.pre(whole.length > 0);
        const reader = amidGarbage(whole);
        const start = reader.position;
        reader.end = start + (cut % whole.length);
        expect(refusesOrReturns(() => codec.read(reader))).toBe("refused");
        reader.position = start;
        expect(refusesOrReturns(() => skipInner(codec, reader))).toBe("refused");
      }),
      RUNS,
    );
  });

  test("refuses damaged bytes with REGION_CORRUPT or reads them as others, and nothing else", () => {
    const damages = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(cases, damages, fc.nat(), ({ codec, value }, flips, cut) => {
        for (const form of [innerForm(codec, value), lastForm(codec, value)]) {
          const damaged = Buffer.from(form);
          for (const [at, bits] of flips) if (form.length > 0) damaged[at % form.length]! ^= bits;
          readAllWays(codec, damaged);
          readAllWays(codec, form.subarray(0, cut % (form.length + 1)));
        }
      }),
      RUNS,
    );
  });

  test("refuses random bytes with REGION_CORRUPT or reads them, and nothing else", () => {
    fc.assert(
      fc.property(samples, fc.uint8Array({ maxLength: 40 }), ({ codec }, random) => {
        readAllWays(codec, Buffer.from(random));
      }),
      RUNS,
    );
  });

  test("makes text of every value", () => {
    fc.assert(
      fc.property(cases, ({ codec, value }) => {
        expect(textOf(codec, value)).toBeTypeOf("string");
      }),
      RUNS,
    );
  });
});

describe("every key codec", () => {
  test("sorts its last forms as it sorts values", () => {
    fc.assert(
      fc.property(pairs, ({ codec, compare, a, b }) => {
        expect(order(lastForm(codec, a), lastForm(codec, b))).toBe(Math.sign(compare(a, b)));
      }),
      { numRuns: 4000 },
    );
  });

  test("sorts its inner forms as it sorts values, and none of them is the beginning of another", () => {
    fc.assert(
      fc.property(pairs, ({ codec, compare, a, b }) => {
        const left = innerForm(codec, a);
        const right = innerForm(codec, b);
        expect(order(left, right)).toBe(Math.sign(compare(a, b)));
        const common = Math.min(left.length, right.length);
        if (!left.equals(right)) {
          expect(left.subarray(0, common).equals(right.subarray(0, common))).toBe(false);
        }
      }),
      { numRuns: 4000 },
    );
  });

  test("says at run time that it is ordered, and a codec with an unordered part does not", () => {
    fc.assert(
      fc.property(keySubjects, unordered, (ordered, other) => {
        expect(ordered.codec.ordered).toBe(true);
        expect("ordered" in other.codec).toBe(false);
      }),
    );
  });
});

describe.each(leaves.map((leaf) => [leaf.codec.name, leaf] as const))("%s", (_name, leaf) => {
  test("sorts thousands of its values as an array of them sorts", () => {
    const values = fc.sample(leaf.values, { numRuns: 3000, seed: 7 });
    const byBytes = values.map((value) => lastForm(leaf.codec, value)).sort(Buffer.compare);
    const byValue = values.sort(leaf.compare).map((value) => lastForm(leaf.codec, value));
    expect(Buffer.concat(byBytes).equals(Buffer.concat(byValue))).toBe(true);
  });
});
