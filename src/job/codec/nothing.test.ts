import { describe, expect, test } from "vitest";
import { fromLast, innerForm, lastForm, textOf } from "../../../test/support/forms.ts";
import { nothing } from "./nothing.ts";

describe("nothing()", () => {
  test("takes no bytes in either form, and no text", () => {
    expect(lastForm(nothing(), undefined).length).toBe(0);
    expect(innerForm(nothing(), undefined).length).toBe(0);
    expect(textOf(nothing(), undefined)).toBe("");
  });

  test("refuses something, and bytes where there should be none", () => {
    expect(() => lastForm(nothing(), null as never)).toThrow(
      "nothing() cannot carry null. Emit undefined.",
    );
    expect(() => fromLast(nothing(), Buffer.of(0))).toThrow(
      expect.objectContaining({ code: "REGION_CORRUPT" }),
    );
  });
});
