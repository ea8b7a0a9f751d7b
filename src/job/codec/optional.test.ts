import { describe, expect, test } from "vitest";
import { fromLast, lastForm, textOf } from "../../../test/support/forms.ts";
import { int } from "./int.ts";
import { json } from "./json.ts";
import { optional } from "./optional.ts";
import { string } from "./string.ts";

describe("optional()", () => {
  test("undefined is one zero byte, a value is 1 and its own form", () => {
    expect(lastForm(optional(string()), undefined)).toEqual(Buffer.of(0));
    expect(lastForm(optional(string()), "a")).toEqual(Buffer.of(1, 0x61));
    expect(lastForm(optional(string()), "")).toEqual(Buffer.of(1));
  });

  test("null is the inner codec's business", () => {
    expect(() => lastForm(optional(int()), null as never)).toThrow("int() cannot carry null.");
    const codec = optional(json<null>());
    expect(fromLast(codec, lastForm(codec, null))).toBe(null);
    expect(fromLast(codec, lastForm(codec, undefined))).toBe(undefined);
  });

  test("text outputs show the value, or nothing", () => {
    expect(textOf(optional(int()), 12)).toBe("12");
    expect(textOf(optional(int()), undefined)).toBe("");
  });

  test("is named as it is written, and ordered if its codec is", () => {
    expect(optional(optional(string())).name).toBe("optional(optional(string()))");
    expect("ordered" in optional(int())).toBe(true);
    expect("ordered" in optional(json())).toBe(false);
  });

  test("refuses a first byte that says neither, and bytes behind undefined", () => {
    for (const bytes of [Buffer.of(), Buffer.of(2), Buffer.of(0, 0x81)]) {
      expect(() => fromLast(optional(int()), bytes)).toThrow(
        expect.objectContaining({ code: "REGION_CORRUPT" }),
      );
    }
  });
});
