import { describe, expect, it } from "vitest";
import { defineJob, identity, int, string, sum, text } from "../index.ts";
import type { InputFile } from "../job/input/input.ts";
import type { AnyJob } from "../job/job.ts";
import { splitsOfFiles } from "./file-splits.ts";
import { resolveOptions } from "./options.ts";

const MIB = 1024 * 1024;

/** The largest split of a gigabyte for a job. */
function splitBytesOf(job: unknown, slots = 2, memoryBytes = 256 * MIB): number {
  return Math.max(...splitsOf(job, [1024 * MIB], slots, memoryBytes));
}

/** The sizes of the splits of files of such sizes. */
function splitsOf(job: unknown, sizes: readonly number[], slots: number, memoryBytes: number) {
  const files = sizes.map((sizeBytes, index): InputFile => {
    const name = `input-${index}.txt`;
    return { path: `/${name}`, name, index, sizeBytes, modifiedMs: 0, compression: "none" };
  });
  const step = { job: job as AnyJob, times: 1, until: undefined };
  const format = step.job.definition.input({});
  const options = resolveOptions({
    inputs: ["input.txt"],
    output: "out",
    slots,
    memoryBytes,
  });
  const splits = splitsOfFiles({ step, params: {}, format, times: 1 }, files, options);
  return splits.map((split) => split.sizeBytes);
}

function lines(matching?: RegExp) {
  return defineJob({
    input: text(matching === undefined ? {} : { matching }),
    intermediate: { key: string(), value: int() },
    map: (_position, line, emit) => emit(line, 1),
    reduce: identity,
  });
}

const folded = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map: (_position, line, emit) => emit(line, 1),
  combine: sum,
  reduce: sum,
});

describe("splitsOfFiles", () => {
  it("cuts what will be sorted smaller than what is folded or searched", () => {
    expect(splitBytesOf(lines())).toBe(16 * MIB);
    expect(splitBytesOf(lines(/ERROR/))).toBe(64 * MIB);
    expect(splitBytesOf(folded)).toBe(64 * MIB);
  });

  it("cuts less for each of many slots, but no more splits of what is folded than there are slots", () => {
    expect(splitBytesOf(folded, 16)).toBe(64 * MIB);
    expect(splitBytesOf(folded, 64)).toBe(16 * MIB);
    expect(splitBytesOf(lines(/ERROR/), 16)).toBe(16 * MIB);
  });

  it("cuts by the memory of a slot what has to have its place in it", () => {
    expect(splitBytesOf(lines(), 2, 16 * MIB)).toBe(8 * MIB);
    expect(splitBytesOf(folded, 2, 16 * MIB)).toBe(64 * MIB);
    expect(splitsOf(lines(), [33_554_434], 1, 16 * MIB + 1)).toHaveLength(5);
  });

  it("cuts files that would fill splits unevenly into more, so that no slot has a turn alone", () => {
    const tenMiB = new Array<number>(9).fill(10 * MIB);
    expect(splitsOf(folded, tenMiB, 8, 256 * MIB).length).toBeGreaterThan(16);
    expect(splitsOf(folded, tenMiB.slice(1), 8, 256 * MIB)).toHaveLength(8);
    expect(splitsOf(folded, [40 * MIB, 40 * MIB, 40 * MIB], 2, 256 * MIB).length).toBeGreaterThan(
      3,
    );
  });
});
