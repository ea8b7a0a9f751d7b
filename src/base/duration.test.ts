import { describe, expect, test } from "vitest";
import { durationInWords, parseDurationMs } from "./duration.ts";

describe("parseDurationMs", () => {
  test.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["30 S", 30_000],
    ["5m", 300_000],
    ["1.5h", 5_400_000],
    ["0s", 0],
  ])("%j is %d milliseconds", (words, ms) => {
    expect(parseDurationMs(words)).toBe(ms);
  });

  test.each(["", "30", "s", "-1s", "1d", "5 minutes", "1m30s", "1e3ms", "99999999999999h"])(
    "%j is no duration",
    (words) => {
      expect(parseDurationMs(words)).toBeUndefined();
    },
  );
});

describe("durationInWords", () => {
  test.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [999.6, "1.0 s"],
    [4200, "4.2 s"],
    [9949, "9.9 s"],
    [9951, "10 s"],
    [59_400, "59 s"],
    [59_600, "1 min"],
    [187_000, "3 min 07 s"],
    [3_599_600, "1 h"],
    [7_500_000, "2 h 05 min"],
  ])("%d ms are %j", (ms, words) => {
    expect(durationInWords(ms)).toBe(words);
  });
});
