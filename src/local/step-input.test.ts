import { describe, expect, it } from "vitest";
import { defineJob, identity, int, string, sum, text } from "../index.ts";
import type { InputFile } from "../job/input/input.ts";
import type { AnyJob } from "../job/job.ts";
import { resolveOptions } from "./options.ts";
import { inputOfFiles } from "./step-input.ts";

const MIB = 1024 * 1024;

/** The largest split of a gigabyte for a job. */
function splitBytesOf(job: AnyJob, slots = 2): number {
  const file: InputFile = {
    path: "/input.txt",
    name: "input.txt",
    index: 0,
    sizeBytes: 1024 * MIB,
    modifiedMs: 0,
    compression: "none",
  };
  const step = { job, times: 1, until: undefined };
  const format = job.definition.input({});
  const options = resolveOptions({
    inputs: ["input.txt"],
    output: "out",
    slots,
    memoryBytes: 256 * MIB,
  });
  const { splits } = inputOfFiles({ step, params: {}, format, times: 1 }, [file], options);
  return Math.max(...splits.map((split) => split.sizeBytes));
}

function lines(matching?: RegExp) {
  return defineJob({
    input: text(matching === undefined ? {} : { matching }),
    intermediate: { key: string(), value: int() },
    map: (_position, line, emit) => emit(line, 1),
    reduce: identity,
  });
}

describe("inputOfFiles", () => {
  it("cuts what will be sorted smaller than what is folded or searched", () => {
    const folded = defineJob({
      input: text(),
      intermediate: { key: string(), value: int() },
      map: (_position, line, emit) => emit(line, 1),
      combine: sum,
      reduce: sum,
    });
    expect(splitBytesOf(lines() as unknown as AnyJob)).toBe(16 * MIB);
    expect(splitBytesOf(lines(/ERROR/) as unknown as AnyJob)).toBe(64 * MIB);
    expect(splitBytesOf(folded as unknown as AnyJob)).toBe(64 * MIB);
    expect(splitBytesOf(folded as unknown as AnyJob, 16)).toBe(32 * MIB);
    expect(splitBytesOf(lines(/ERROR/) as unknown as AnyJob, 16)).toBe(16 * MIB);
  });
});
