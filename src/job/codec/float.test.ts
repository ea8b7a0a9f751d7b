import { describe, expect, test } from "vitest";
import { fromLast, lastForm, textOf } from "../../../test/support/forms.ts";
import { float } from "./float.ts";

const ASCENDING = [
  -Infinity,
  -Number.MAX_VALUE,
  -1.5,
  -1,
  -Number.MIN_VALUE,
  -0,
  0,
  Number.MIN_VALUE,
  1,
  1.5,
  Number.MAX_VALUE,
  Infinity,
  Number.NaN,
];

describe("float()", () => {
  test("sorts from -Infinity by way of -0 and 0 to Infinity, and NaN last", () => {
    const forms = ASCENDING.map((value) => lastForm(float(), value).toString("hex"));
    expect([...forms].sort()).toEqual(forms);
    expect(new Set(forms).size).toBe(forms.length);
  });

  test.each(ASCENDING)("%d comes back", (value) => {
    expect(fromLast(float(), lastForm(float(), value))).toBe(value);
  });

  test.each([
    [0, "8000000000000000"],
    [-0, "7fffffffffffffff"],
    [1, "bff0000000000000"],
    [-1, "400fffffffffffff"],
    [Number.NaN, "fff8000000000000"],
  ])("%d is %s, for good", (value, bytes) => {
    expect(lastForm(float(), value).toString("hex")).toBe(bytes);
  });

  test("there is one NaN, whatever bits it had", () => {
    const odd = new Float64Array(new BigUint64Array([0xfff8_0000_0000_0123n]).buffer)[0]!;
    expect(odd).toBeNaN();
    expect(lastForm(float(), odd)).toEqual(lastForm(float(), Number.NaN));
  });

  test("text outputs show it as JavaScript does", () => {
    expect([0.1, -2.5e-7, 1e21, 3, Number.NaN].map((value) => textOf(float(), value))).toEqual([
      "0.1",
      "-2.5e-7",
      "1e+21",
      "3",
      "NaN",
    ]);
  });

  test("refuses what is not a number", () => {
    expect(() => lastForm(float(), "0.5" as never)).toThrow(
      expect.objectContaining({
        code: "VALUE_INVALID",
        message: 'float() cannot carry "0.5" (a string). Emit a number.',
      }),
    );
  });
});
