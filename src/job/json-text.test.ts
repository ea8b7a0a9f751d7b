import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonText } from "./json-text.ts";

test("jsonText: what JSON can hold is written as JSON.stringify writes it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(jsonText(value)).toBe(JSON.stringify(value));
    }),
    { numRuns: 300 },
  );
});

test("jsonText: what JSON has no form for is written as the nearest thing it has", () => {
  expect(jsonText(2n ** 70n)).toBe('"1180591620717411303424"');
  expect(jsonText(new Uint8Array([0, 255, 16]))).toBe('"AP8Q"');
  expect(jsonText(Buffer.from([0, 255, 16]))).toBe('"AP8Q"');
  expect(jsonText(new Date(0))).toBe('"1970-01-01T00:00:00.000Z"');
  expect(jsonText(new Set([1, "a"]))).toBe('[1,"a"]');
  expect(jsonText(new Map([[1, new Set(["b"])]]))).toBe('[[1,["b"]]]');
  expect([undefined, Number.NaN, Infinity, new Date(Number.NaN)].map(jsonText)).toEqual(
    Array(4).fill("null"),
  );
});

test("jsonText: the same holds inside objects and arrays, at any depth", () => {
  const value = { id: 7n, at: new Date(0), raw: [Buffer.from("hi")], none: undefined, deep: {} };
  let inner: Record<string, unknown> = value.deep;
  for (let i = 0; i < 100; i++) inner = inner.x = {};
  inner.x = 1n;
  const read: unknown = JSON.parse(jsonText(value));
  expect(read).toMatchObject({ id: "7", at: "1970-01-01T00:00:00.000Z", raw: ["aGk="] });
  expect(read).not.toHaveProperty("none");
  expect(jsonText(value)).toMatch(/\{"x":"1"\}+$/);
});

test("jsonText: a value of a class is written as its toJSON says", () => {
  class Point {
    toJSON() {
      return { x: 1, big: 5n };
    }
  }
  expect(jsonText([new Point()])).toBe('[{"x":1,"big":"5"}]');
});

test("jsonText: text with line breaks and lone surrogates is one line of valid UTF-8", () => {
  expect(jsonText("a\r\nb\u2028")).toBe('"a\\r\\nb\u2028"');
  expect(jsonText({ s: "\ud800" })).toBe('{"s":"\\ud800"}');
});

test("jsonText: a cycle is reported, not followed", () => {
  const value: Record<string, unknown> = {};
  value.self = [value];
  expect(() => jsonText(value)).toThrow(/circular/);
});
