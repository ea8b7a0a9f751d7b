import { describe, expect, test } from "vitest";
import { fromLast, lastForm, textOf } from "../../../test/support/forms.ts";
import { boolean } from "./boolean.ts";

describe("boolean()", () => {
  test("is one byte, 0 or 1", () => {
    expect(lastForm(boolean(), false)).toEqual(Buffer.of(0));
    expect(lastForm(boolean(), true)).toEqual(Buffer.of(1));
  });

  test("text outputs show true or false", () => {
    expect([textOf(boolean(), true), textOf(boolean(), false)]).toEqual(["true", "false"]);
  });

  test("refuses 1 for true, and a byte that is neither", () => {
    expect(() => lastForm(boolean(), 1 as never)).toThrow(
      "boolean() cannot carry 1 (a number). Emit true or false.",
    );
    for (const bytes of [Buffer.of(2), Buffer.of(), Buffer.of(1, 1)]) {
      expect(() => fromLast(boolean(), bytes)).toThrow(
        expect.objectContaining({ code: "REGION_CORRUPT" }),
      );
    }
  });
});
