import { describe, expect, test } from "vitest";
import { fromLast, lastForm, textOf } from "../../../test/support/forms.ts";
import { date } from "./date.ts";
import { int } from "./int.ts";

const LAST_MS = 8_640_000_000_000_000;

describe("date()", () => {
  test("the first and the last instant there is come back", () => {
    for (const milliseconds of [-LAST_MS, -1, 0, 1_102_325_400_000, LAST_MS]) {
      const value = new Date(milliseconds);
      expect(fromLast(date(), lastForm(date(), value))).toEqual(value);
    }
  });

  test("text outputs show ISO 8601", () => {
    expect(textOf(date(), new Date(Date.UTC(2004, 11, 6, 9, 30)))).toBe("2004-12-06T09:30:00.000Z");
  });

  test("refuses an invalid date, and milliseconds", () => {
    expect(() => lastForm(date(), new Date("yesterday"))).toThrow(
      expect.objectContaining({
        code: "VALUE_INVALID",
        message:
          "date() cannot carry an invalid Date. Check the date, or use optional(date()) for one " +
          "that may be missing.",
      }),
    );
    expect(() => lastForm(date(), 0 as never)).toThrow("date() cannot carry 0 (a number).");
  });

  test("refuses bytes of no instant", () => {
    expect(() => fromLast(date(), lastForm(int(), LAST_MS + 1))).toThrow(
      expect.objectContaining({ code: "REGION_CORRUPT" }),
    );
  });
});
