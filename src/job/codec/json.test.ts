import { describe, expect, test } from "vitest";
import { fromLast, innerForm, lastForm, textOf } from "../../../test/support/forms.ts";
import { json } from "./json.ts";

const codec = json<unknown>();

describe("json()", () => {
  test("the last form is the JSON, the inner form its length and the JSON", () => {
    expect(lastForm(codec, { a: [1, "é"] }).toString()).toBe('{"a":[1,"é"]}');
    expect(innerForm(codec, [1]).toString("hex")).toBe("000000035b315d");
  });

  test("lone surrogates and null come back", () => {
    for (const value of ["\ud800", null, "", [], {}]) {
      expect(fromLast(codec, lastForm(codec, value))).toStrictEqual(value);
    }
  });

  test("text outputs show the JSON on one line", () => {
    expect(textOf(codec, { line: "one\ntwo" })).toBe('{"line":"one\\ntwo"}');
  });

  test.each([
    [undefined, "undefined. Emit null, or use optional(json()) for what may be missing."],
    [() => 1, "a function. Emit null, or use optional(json()) for what may be missing."],
    [5n, "5n (a bigint). Use structured() for bigints."],
    [{ n: 5n }, "an object. Use structured() for bigints."],
  ])("refuses %s and says what to do", (value, rest) => {
    expect(() => lastForm(codec, value)).toThrow(
      expect.objectContaining({ code: "VALUE_INVALID", message: `json() cannot carry ${rest}` }),
    );
  });

  test("refuses a value that holds itself", () => {
    const value: unknown[] = [];
    value.push(value);
    expect(() => lastForm(codec, value)).toThrow(
      /^json\(\) cannot carry an array of 1\. The reason: Converting circular structure/,
    );
  });

  test("refuses bytes that are no JSON", () => {
    expect(() => fromLast(codec, Buffer.from('{"a":'))).toThrow(
      expect.objectContaining({ code: "REGION_CORRUPT" }),
    );
  });
});
