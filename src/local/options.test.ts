import { describe, expect, test } from "vitest";
import { SheafError } from "../base/error.ts";
import { type RunOptions, resolveOptions } from "./options.ts";

const LEAST: RunOptions = { inputs: ["in"], output: "out" };

/** What is wrong with options that are refused. */
function refusalOf(options: Partial<RunOptions>): string {
  try {
    resolveOptions({ ...LEAST, ...options });
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    expect(error.code).toBe("USAGE");
    return error.message;
  }
  throw new Error("They were taken.");
}

describe("the options of a run", () => {
  test("are complete once they are resolved, but for what the input decides", () => {
    expect(resolveOptions({ ...LEAST, slots: 3, cwd: "/data" })).toEqual({
      slots: 3,
      memoryBytes: 256 * 1024 * 1024,
      splitBytes: undefined,
      partitions: undefined,
      params: {},
      skipBadRecords: 0,
      taskTimeoutMs: 600_000,
      maxAttempts: 4,
      cwd: "/data",
    });
    expect(resolveOptions(LEAST).slots).toBeGreaterThanOrEqual(1);
  });

  test.each([
    ["partitions", 1, 100_000, "from 1 to 100,000"],
    ["slots", 1, 1024, "from 1 to 1,024"],
    [
      "memoryBytes",
      16 * 1024 ** 2,
      16 * 1024 ** 3,
      "from 16,777,216 (16 MB) to 17,179,869,184 (16 GB)",
    ],
    ["splitBytes", 1024, Number.MAX_SAFE_INTEGER, "of 1,024 (1 KB) or more"],
    ["skipBadRecords", 0, Number.MAX_SAFE_INTEGER, "of 0 or more"],
    ["taskTimeoutMs", 100, 86_400_000, "from 100 to 86,400,000"],
    ["maxAttempts", 1, 100, "from 1 to 100"],
  ] as const)("%s is a whole number from %i to %i", (name, min, max, range) => {
    for (const value of [min, max]) {
      expect(resolveOptions({ ...LEAST, [name]: value })[name]).toBe(value);
    }
    for (const value of [min - 1, max + 1, min + 0.5, Number.NaN, "2" as unknown as number]) {
      expect(refusalOf({ [name]: value })).toBe(
        `${name} is ${value}; it must be a whole number ${range}.`,
      );
    }
  });

  test("name an input and an output", () => {
    expect(refusalOf({ inputs: [] })).toContain("There is no input.");
    expect(refusalOf({ output: "" })).toContain("There is no output.");
  });
});
