import { describe, expect, test } from "vitest";
import { compact, counted, grouped } from "./numbers.ts";

describe("numbers", () => {
  test.each([
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [1234567, "1,234,567"],
  ])("grouped: %d is %j", (count, words) => {
    expect(grouped(count)).toBe(words);
  });

  test.each([
    [0, "0"],
    [0.4, "0"],
    [999.4, "999"],
    [999.6, "1.0k"],
    [1234, "1.2k"],
    [9960, "10k"],
    [999_499, "999k"],
    [999_500, "1.0M"],
    [88_000_000, "88M"],
    [2e15, "2000T"],
  ])("compact: %d is %j", (count, words) => {
    expect(compact(count)).toBe(words);
  });

  test("counted: one is singular, everything else is not", () => {
    expect(counted(1, "retry", "retries")).toBe("1 retry");
    expect(counted(0, "part")).toBe("0 parts");
    expect(counted(2000, "part")).toBe("2,000 parts");
  });
});
