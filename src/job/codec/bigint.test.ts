import { describe, expect, test } from "vitest";
import { fromInner, fromLast, innerForm, lastForm, textOf } from "../../../test/support/forms.ts";
import { bigint } from "./bigint.ts";

describe("bigint()", () => {
  test.each([
    [0n, "80"],
    [1n, "8101"],
    [-1n, "7efe"],
    [255n, "81ff"],
    [256n, "820100"],
    [-256n, "7dfeff"],
    [2n ** 64n, "89010000000000000000"],
  ])("%d is %s in both forms, for good", (value, bytes) => {
    expect(lastForm(bigint(), value).toString("hex")).toBe(bytes);
    expect(innerForm(bigint(), value).toString("hex")).toBe(bytes);
  });

  test("numbers around the longest short header, and of 100,000 digits, come back and sort", () => {
    const sizes = [1005n, 1007n, 1008n, 1009n, 1016n, 332_192n];
    const magnitudes = sizes.flatMap((bits) => [2n ** bits - 1n, 2n ** bits]);
    const ascending = [...magnitudes.map((value) => -value).reverse(), 0n, ...magnitudes];
    const forms = ascending.map((value) => lastForm(bigint(), value));
    expect([...forms].sort(Buffer.compare)).toEqual(forms);
    for (const value of ascending) {
      expect(fromLast(bigint(), lastForm(bigint(), value)) === value).toBe(true);
      expect(fromInner(bigint(), innerForm(bigint(), value)) === value).toBe(true);
    }
  });

  test("text outputs show the digits without an n", () => {
    expect(textOf(bigint(), -(10n ** 30n))).toBe(`-1${"0".repeat(30)}`);
  });

  test("refuses a number, and shows no more of a value than a line holds", () => {
    expect(() => lastForm(bigint(), 5 as never)).toThrow(
      "bigint() cannot carry 5 (a number). Emit a bigint, or BigInt(value).",
    );
    expect(() => lastForm(bigint(), "9".repeat(1000) as never)).toThrow(/^.{1,140}$/);
  });

  test.each([
    ["7f", "a negative zero"],
    ["8100", "a leading zero"],
    ["7eff", "a leading zero of a negative number"],
    ["8201", "fewer bytes than it claims"],
    ["ffffffffff01", "more bytes than any value has"],
    ["ff0000", "a header that is cut off"],
  ])("refuses the bytes %s: %s", (bytes) => {
    expect(() => fromLast(bigint(), Buffer.from(bytes, "hex"))).toThrow(
      expect.objectContaining({ code: "REGION_CORRUPT" }),
    );
  });
});
