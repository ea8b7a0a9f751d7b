/**
 * What every codec promises, tried on random codecs (each made of others, up to three deep) and on
 * random values: values come back, bytes sort as values do, and damaged bytes are refused.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keySubjects, leaves, samples, unordered } from "../../../test/support/codec-samples.ts";
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
import type { Codec } from "./codec.ts";
import { skipInner } from "./composite.ts";

const RUNS = { numRuns: 1500 };

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

  test("refuses damaged bytes with REGION_CORRUPT or reads other values, and no more", () => {
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

  test("refuses random bytes with REGION_CORRUPT or reads values, and no more", () => {
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

  test("sorts its inner forms as it sorts values, and none is the beginning of another", () => {
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
