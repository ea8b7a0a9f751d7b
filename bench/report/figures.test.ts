import { describe, expect, test } from "vitest";
import { countText, median, secondsText, sizeText } from "./figures.ts";

describe("median", () => {
  test("is the middle value, in whatever order they come", () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  test("is the mean of the two in the middle", () => {
    expect(median([4, 1, 2, 9])).toBe(3);
  });

  test("refuses no values", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

test("figures: sizes are decimal, seconds lose digits as they grow", () => {
  expect(sizeText(500_000_000)).toBe("500 MB");
  expect(sizeText(20)).toBe("20 bytes");
  expect(countText(5_000_000)).toBe("5,000,000");
  expect(secondsText(0.1234)).toBe("0.12 s");
  expect(secondsText(12.34)).toBe("12.3 s");
});
