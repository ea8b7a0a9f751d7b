import { describe, expect, test } from "vitest";
import { fromLast, lastForm, textOf } from "../../../test/support/forms.ts";
import { ByteReader } from "../../base/bytes.ts";
import { structured } from "./structured.ts";

const codec = structured<unknown>();

describe("structured()", () => {
  test("carries what JSON cannot", () => {
    const value = {
      when: new Date(1_102_325_400_123),
      counts: new Map<unknown, unknown>([
        ["a", 1],
        [2, new Map()],
      ]),
      seen: new Set([1n, -(2n ** 200n)]),
      bytes: Uint8Array.of(0, 255),
      floats: Float64Array.of(0.5),
      missing: undefined,
      odd: [Number.NaN, Infinity, null],
    };
    expect(fromLast(codec, lastForm(codec, value))).toStrictEqual(value);
  });

  test("each value stands alone: it is read without those written before it", () => {
    const shape = (id: number) => ({ id, name: "x", tags: [{ id }] });
    const forms = [1, 2, 3].map((id) => lastForm(codec, shape(id)));
    expect(fromLast(codec, forms[2]!)).toStrictEqual(shape(3));
    expect(fromLast(codec, forms[0]!)).toStrictEqual(shape(1));
    expect(new Set(forms.map((form) => form.length)).size).toBe(1);
  });

  test("bytes that were read stay when their buffer is used again", () => {
    const original = { array: Uint8Array.of(1, 2, 3), buffer: Buffer.of(4, 5) };
    const form = lastForm(codec, original);
    const value = codec.readLast(new ByteReader(form));
    form.fill(0);
    expect(value).toStrictEqual(original);
  });

  test("reading leaves no mark on the engine's buffer", () => {
    const reader = new ByteReader(lastForm(codec, { a: 1 }));
    codec.readLast(reader);
    expect(Object.keys(reader.bytes).filter((key) => Number.isNaN(Number(key)))).toEqual([]);
  });

  test("what it does not keep is as documented: -0, classes, lone surrogates, __proto__", () => {
    class Point {
      readonly x = 1;
    }
    expect(fromLast(codec, lastForm(codec, -0))).toBe(0);
    expect(fromLast(codec, lastForm(codec, new Point()))).toStrictEqual({ x: 1 });
    expect(fromLast(codec, lastForm(codec, "a\ud800"))).toMatch(/^a\ufffd+$/);
    const proto = JSON.parse('{"__proto__": 1}') as unknown;
    expect(fromLast(codec, lastForm(codec, proto))).toStrictEqual({ __proto_: 1 });
  });

  test("text outputs show JSON, with a rule for each type that JSON lacks", () => {
    const value = {
      big: 2n ** 64n,
      bytes: Uint8Array.of(1, 2),
      map: new Map([["k", new Set([1])]]),
      when: new Date(0),
      not: Number.NaN,
    };
    expect(textOf(codec, value)).toBe(
      '{"big":"18446744073709551616","bytes":"AQI=","map":[["k",[1]]],' +
        '"when":"1970-01-01T00:00:00.000Z","not":null}',
    );
    expect(textOf(codec, undefined)).toBe("");
    expect(textOf(codec, 5n)).toBe('"5"');
  });

  test("refuses functions, symbols and values that hold themselves, and works on", () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    for (const value of [() => 1, { deep: [() => 1] }, Symbol("s"), loop]) {
      expect(() => lastForm(codec, value)).toThrow(
        expect.objectContaining({
          code: "VALUE_INVALID",
          message: expect.stringMatching(/^structured\(\) cannot carry an? \w+\. The reason: /),
        }),
      );
    }
    expect(fromLast(codec, lastForm(codec, { a: 1 }))).toStrictEqual({ a: 1 });
  });

  test("refuses bytes that are no MessagePack, and works on", () => {
    for (const bytes of ["", "c1ff", "dd7fffffff", "91".repeat(50_000), "c6ffffffff00"]) {
      expect(() => fromLast(codec, Buffer.from(bytes, "hex"))).toThrow(
        expect.objectContaining({ code: "REGION_CORRUPT" }),
      );
    }
    expect(fromLast(codec, lastForm(codec, [1]))).toStrictEqual([1]);
  });
});
