import { describe, expect, test } from "vitest";
import { fromInner, fromLast, innerForm, lastForm, textOf } from "../../../test/support/forms.ts";
import { array } from "./array.ts";
import { bigint } from "./bigint.ts";
import { bytes } from "./bytes.ts";
import { date } from "./date.ts";
import { int } from "./int.ts";
import { nothing } from "./nothing.ts";
import { optional } from "./optional.ts";
import { string } from "./string.ts";

describe("array()", () => {
  test("puts a 1 before each element, and a 0 behind the last where it must end itself", () => {
    expect(lastForm(array(int()), [1, 2]).toString("hex")).toBe("01810182");
    expect(innerForm(array(int()), [1, 2]).toString("hex")).toBe("0181018200");
    expect(lastForm(array(int()), []).length).toBe(0);
    expect(innerForm(array(int()), [])).toEqual(Buffer.of(0));
  });

  test("elements of no bytes are counted", () => {
    const codec = array(nothing());
    expect(fromLast(codec, lastForm(codec, [undefined, undefined]))).toEqual([
      undefined,
      undefined,
    ]);
    expect(fromInner(codec, innerForm(codec, [undefined]))).toEqual([undefined]);
  });

  test("ten thousand elements come back", () => {
    const value = Array.from({ length: 10_000 }, (_, i) => `word ${i}`);
    expect(fromLast(array(string()), lastForm(array(string()), value))).toEqual(value);
  });

  test("text outputs show JSON", () => {
    expect(textOf(array(string()), ['say "a"', "b"])).toBe('["say \\"a\\"","b"]');
    expect(textOf(array(bigint()), [2n ** 70n])).toBe('["1180591620717411303424"]');
    expect(textOf(array(bytes()), [Uint8Array.of(1, 2)])).toBe('["AQI="]');
    expect(textOf(array(date()), [new Date(0)])).toBe('["1970-01-01T00:00:00.000Z"]');
    expect(textOf(array(optional(int())), [1, undefined])).toBe("[1,null]");
    expect(textOf(array(int()), [])).toBe("[]");
  });

  test("refuses what is not an array, and an element of another type", () => {
    expect(() => lastForm(array(int()), 5 as never)).toThrow(
      "array(int()) cannot carry 5 (a number). Emit an array.",
    );
    expect(() => lastForm(array(int()), [1, "2"] as never)).toThrow(
      'int() cannot carry "2" (a string).',
    );
  });

  test("refuses a marker that is none, and an end before the end", () => {
    for (const form of ["02", "0281", "018100", "01"]) {
      expect(() => fromLast(array(int()), Buffer.from(form, "hex"))).toThrow(
        expect.objectContaining({ code: "REGION_CORRUPT" }),
      );
    }
  });
});
