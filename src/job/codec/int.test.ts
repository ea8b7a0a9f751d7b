import { describe, expect, test } from "vitest";
import { fromInner, fromLast, innerForm, lastForm, textOf } from "../../../test/support/forms.ts";
import { int } from "./int.ts";

const MAX = Number.MAX_SAFE_INTEGER;

describe("int()", () => {
  test.each([
    [0, "80"],
    [1, "81"],
    [-1, "7f"],
    [120, "f8"],
    [-121, "07"],
    [121, "f979"],
    [-122, "0686"],
    [255, "f9ff"],
    [256, "fa0100"],
    [-256, "0600"],
    [-257, "05feff"],
    [0x7fff_ffff, "fc7fffffff"],
    [0x8000_0000, "fc80000000"],
    [-0x8000_0000, "0380000000"],
    [-0x8000_0001, "037fffffff"],
    [0xffff_ffff, "fcffffffff"],
    [0x1_0000_0000, "fd0100000000"],
    [MAX, "ff1fffffffffffff"],
    [-MAX, "00e0000000000001"],
  ])("%d is %s in both forms, for good", (value, bytes) => {
    expect(lastForm(int(), value).toString("hex")).toBe(bytes);
    expect(innerForm(int(), value).toString("hex")).toBe(bytes);
    expect(fromLast(int(), Buffer.from(bytes, "hex"))).toBe(value);
    expect(fromInner(int(), Buffer.from(bytes, "hex"))).toBe(value);
  });

  test("negative zero becomes zero", () => {
    expect(fromLast(int(), lastForm(int(), -0))).toBe(0);
  });

  test("text outputs show the digits", () => {
    const values = [0, 7, 10, 99, 100, -1, -10, 999_999_999, 0x7fff_ffff, -0x8000_0000, MAX, -MAX];
    for (const value of values) expect(textOf(int(), value)).toBe(String(value));
    for (let power = 1; power <= MAX; power *= 10) {
      for (const value of [power - 1, power, -power]) {
        expect(textOf(int(), value)).toBe(String(value));
      }
    }
  });

  test.each([
    [1.5, "1.5 (a number). Use float() for it."],
    [Number.NaN, "NaN (a number). The input it came from is no number."],
    [Infinity, "Infinity (a number). Use float() for it."],
    [
      2 ** 53,
      "9007199254740992 (a number). Past 2^53 - 1 a number is not exact: use bigint(), or float().",
    ],
    ["1", '"1" (a string). Emit a whole number.'],
    [1n, "1n (a bigint). Emit a whole number."],
    [null, "null. Emit a whole number."],
    [undefined, "undefined. Emit a whole number."],
    [true, "true (a boolean). Emit a whole number."],
    [new Date(0), "1970-01-01T00:00:00.000Z (a Date). Emit a whole number."],
  ])("refuses %s and says what to use", (value, rest) => {
    expect(() => lastForm(int(), value as never)).toThrow(
      expect.objectContaining({
        code: "VALUE_INVALID",
        message: `int() cannot carry ${rest}`,
      }),
    );
  });

  test("refuses bytes that hold more than a safe integer, or go on behind their end", () => {
    for (const bytes of ["ff20000000000000", "ffffffffffffffff", "0000000000000000", "8181", ""]) {
      expect(() => fromLast(int(), Buffer.from(bytes, "hex"))).toThrow(
        expect.objectContaining({ code: "REGION_CORRUPT" }),
      );
    }
  });
});
