import { describe, expect, test } from "vitest";
import { readOptions } from "./options.ts";

describe("options of the benchmark", () => {
  test("a full benchmark has every case, every peer and 500 MB", () => {
    const options = readOptions([]);
    expect(options).toMatchObject({ sizeBytes: 500_000_000, rounds: 5, slots: 2, isFull: true });
    expect(options.peers).toContain("spark");
  });

  test("a smoke run is small and does not install Spark", () => {
    const options = readOptions(["--smoke"]);
    expect(options).toMatchObject({ rounds: 1, isFull: false });
    expect(options.sizeBytes).toBeLessThan(10_000_000);
    expect(options.peers).not.toContain("spark");
    expect(readOptions(["--smoke", "--peers", "spark"]).peers).toEqual(["spark"]);
  });

  test("sizes are decimal", () => {
    expect(readOptions(["--size", "1.5GB"]).sizeBytes).toBe(1_500_000_000);
  });

  test("a name, a size or a number that cannot be is refused", () => {
    expect(() => readOptions(["--cases", "sort"])).toThrow(/knows no "sort"/);
    expect(() => readOptions(["--size", "much"])).toThrow(/--size takes/);
    expect(() => readOptions(["--size", "1KB"])).toThrow(/between/);
    expect(() => readOptions(["--runs", "0"])).toThrow(/--runs takes/);
  });
});
